"""The command `otel-cert`: one verb per file, imported only when it is used.

Exit codes: 0 ok, 1 failure, 2 wrong usage, 3 a check did not hold, 4 wrong configuration, 130 interrupted.
Every option can be set by `OTEL_CERT_<VERB>_<OPTION>`; `--data-dir`, `--config` and `--format` also for every verb by
`OTEL_CERT_DATA_DIR`, `OTEL_CERT_CONFIG` and `OTEL_CERT_FORMAT`. OTEL_CERT_DEBUG=1 shows the traceback of an error.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, cast

import click
from click.shell_completion import CompletionItem

from otel_cert.errors import OtelCertError

VERBS: dict[str, tuple[str, str]] = {
    "serve": ("serve", "Receive OTLP, store it durably and analyse it."),
    "score-server": ("score_server", "Score for other machines: embeddings, token scores."),
    "import": ("import_", "Load recorded OTLP files into the store."),
    "process": ("process", "Run the analysis processors once over what is stored."),
    "tail": ("tail", "Show calls as they arrive."),
    "sql": ("sql", "Run SQL over every table, or open a shell."),
    "costs": ("costs", "Show what the calls cost: shares, trend, projection."),
    "prices": ("prices", "Show, check and update the prices that calls are given."),
    "reprice": ("reprice", "Compute stored costs again with the prices of now."),
    "roi": ("roi", "Show what the calls cost against what their tasks brought."),
    "budget": ("budget", "Show what is spent of budgets, and when they are crossed."),
    "anomalies": ("anomalies", "Show when unusually much, or little, was spent."),
    "optimize": ("optimize", "Show where the calls could have cost less."),
    "measure": ("measure", "Say whether an answer is supported by its context."),
    "evaluate": ("evaluate", "Show how many answers are supported, and which are not."),
    "label": ("label", "Draw answers for people to label; keep their labels."),
    "calibrate": ("calibrate", "Choose a threshold on labels, and report on others."),
    "threshold": ("threshold", "Register thresholds, and list those that were."),
    "entropy": ("entropy", "Show how sure the models were of their tokens."),
    "latency": ("latency", "Show latency percentiles, errors and time to first token."),
    "coverage": ("coverage", "Show what is unknown in the data, and why."),
    "assess": ("assess", "Say which tier of the EU AI Act a system falls into."),
    "readiness": ("readiness", "Show what an organisation lacks to run AI systems."),
    "report": ("report", "Write the documents of an AI system; check and approve them."),
    "evidence": ("evidence", "Show the query and result behind a figure, and ask it again."),
    "doctor": ("doctor", "Say what keeps figures from being right, and what to do."),
    "verify": ("verify", "Check a data directory with code that did not write it."),
    "token": ("token", "Create, list and revoke the bearer tokens of senders."),
    "init": ("init", "Write a commented configuration file."),
    "validate": ("validate", "Check configuration files; print every error at once."),
    "print-config": ("print_config", "Print the effective configuration, secrets masked."),
    "components": ("components", "List the installed receivers, processors and exporters."),
    "completion": ("completion", "Print the completion script for a shell."),
    "run": ("run", "Run an application and record its model calls."),
    "demo": ("demo", "Run a small GenAI application and report on it, offline."),
}
"""Verb -> (module in this package, one-line help): `--help` needs no module. In the order of a user's work."""

inherited_umask: int | None = None
"""The umask that `main` found, for the verb that becomes another command."""


class LazyGroup(click.Group):
    """Imports a verb's module when the verb is invoked, and turns our errors into messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the verbs in the order of VERBS."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a verb, its options bound to environment variables."""
        if cmd_name not in VERBS:
            return None
        command = cast("click.Command", importlib.import_module(f"{__name__}.{VERBS[cmd_name][0]}").command)
        _bind_environment(cmd_name, command.params)
        for name, inner in command.commands.items() if isinstance(command, click.Group) else ():
            _bind_environment(f"{cmd_name}_{name}", inner.params)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb; fail with the closest one when there is none of that name."""
        if args and args[0] not in VERBS and not args[0].startswith("-") and not ctx.resilient_parsing:
            close = get_close_matches(args[0], VERBS, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the verbs and their one-line help from VERBS."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete verbs from VERBS, then options as click does."""
        verbs = [CompletionItem(v, help=text) for v, (_, text) in VERBS.items() if v.startswith(incomplete)]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; an error of ours, the system's or DuckDB's ends with a message and an exit code, not a traceback.

        OTEL_CERT_DEBUG=1 shows the traceback too.
        """
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, where click still turns a closed pipe into a quiet end
        except OtelCertError as error:
            _tell(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            ctx.exit(130)
        except BrokenPipeError:
            raise  # click ends quietly
        except Exception as error:
            # DuckDB is known by its name, so that not every verb imports it.
            if not isinstance(error, OSError) and type(error).__module__.split(".")[0] not in ("duckdb", "_duckdb"):
                raise
            _tell(error)
            ctx.exit(1)
        return result


_HINTS = {
    errno.EROFS: "the folder is read-only: `sql`, `verify` and the questions read it; all else needs a --data-dir that can"
    " be written, such as a copy",
    errno.ENOSPC: "free space on that disk, or use another --data-dir",
    errno.EACCES: "run as the user who owns the file, or use another --data-dir",
}


def _tell(error: Exception) -> None:
    if os.environ.get("OTEL_CERT_DEBUG"):
        click.echo(traceback.format_exc(), err=True, nl=False)
    click.echo(f"error: {error}", err=True)
    if isinstance(error, OSError) and error.errno in _HINTS:
        click.echo(f"  hint: {_HINTS[error.errno]}", err=True)


def _bind_environment(verb: str, parameters: Iterable[click.Parameter]) -> None:
    """Let `OTEL_CERT_<VERB>_<OPTION>` set each option, ahead of a variable that the option names itself."""
    for option in parameters:
        if isinstance(option, click.Option):
            flag = max(option.opts, key=len).lstrip("-")
            own = f"OTEL_CERT_{verb}_{flag}".upper().replace("-", "_")
            named = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
            option.envvar = [own, *(name for name in named if name != own)]


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from otel_cert import __version__

        click.echo(f"otel-cert {__version__}")
        ctx.exit()


_EPILOG = """Every option can be set by OTEL_CERT_<VERB>_<OPTION>; OTEL_CERT_DATA_DIR, OTEL_CERT_CONFIG and
OTEL_CERT_FORMAT hold for every verb.

Exit codes: 0 ok, 1 failure, 2 wrong usage, 3 a check did not hold, 4 wrong configuration.
"""


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=_EPILOG
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
def cli() -> None:
    """OpenTelemetry GenAI traces as evidence: store, cost, latency, documents."""


def main() -> None:
    """Run the command line (the console script); files that it writes are for their owner only."""
    global inherited_umask
    inherited_umask = os.umask(0o077)
    gc.set_threshold(20_000, 20, 20)  # a tenth of a start went into going through what is being imported
    cli(prog_name="otel-cert")
