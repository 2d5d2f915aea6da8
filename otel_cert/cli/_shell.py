"""The interactive shell of `otel-cert sql`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from otel_cert.cli._options import FORMATS
from otel_cert.cli._statements import connect, execute
from otel_cert.errors import OtelCertError

_HELP = """End a statement with ; and press Enter.
.tables             list the tables         .schema TABLE   show its columns
.format FORMAT      table json csv markdown .refresh        read the newest snapshot
.help               this text               .quit           leave (also Ctrl-D)"""


class Shell:
    """Reads and runs statements until the user leaves; all see one snapshot until `.refresh`."""

    def __init__(
        self, data_dir: Path, output_format: str, *, snapshot: int | None, as_of_ns: int | None, fresh: bool
    ) -> None:
        self._format = output_format
        self._open = partial(connect, data_dir, snapshot=snapshot, as_of_ns=as_of_ns, fresh=fresh)
        self._refresh()

    def run(self) -> None:
        """Prompt until `.quit` or the end of input; Ctrl-C forgets what is typed, or stops what runs."""
        self._complete_table_names()
        text = ""
        while True:
            try:
                text += input("otel-cert> " if not text else "      ...> ") + "\n"
                if text.strip() in (".quit", ".exit"):
                    return
                if text.lstrip().startswith("."):
                    self._command(*text.split())
                elif text.rstrip().endswith(";"):
                    execute(self._con, text, self._format)
                elif text.strip():
                    continue
            except OtelCertError as error:
                click.echo(f"error: {error}", err=True)
            except (KeyboardInterrupt, RuntimeError) as stopped:  # DuckDB's way to say that a query was interrupted
                click.echo(str(stopped), err=True)
            except EOFError:
                click.echo()
                return
            text = ""

    def _command(self, name: str, argument: str = "", *_: str) -> None:
        if name == ".tables":
            execute(self._con, "SHOW TABLES", "table")
        elif name == ".schema" and argument:
            quoted = argument.rstrip(";").replace('"', '""')
            execute(self._con, f'DESCRIBE "{quoted}"', "table")
        elif name == ".format" and argument in FORMATS:
            self._format = argument
        elif name == ".refresh":
            self._refresh()
        else:
            click.echo(_HELP, err=True)

    def _refresh(self) -> None:
        self._con = self._open()
        ((number, created),) = self._con.execute("SELECT number, created_time FROM snapshot").fetchall()
        click.echo(f"snapshot {number} of {created} UTC; .help for help", err=True)

    def _complete_table_names(self) -> None:
        import readline

        names: list[str] = [name for (name,) in self._con.execute("SHOW TABLES").fetchall()]

        def complete(text: str, number: int) -> str | None:
            return [*(name for name in names if name.startswith(text)), None][number]

        readline.set_completer(complete)
        readline.parse_and_bind("tab: complete")
