"""`otel-cert entropy`: how sure the models were of their tokens, and for which calls that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otel_cert.cli._options import data_dir_option, format_option, window_options

if TYPE_CHECKING:
    from otel_cert.questions import Answer

_TOKEN = ("surprisal", "entropy_lower", "entropy_upper", "ranks", "alternatives", "kinds", "starts", "ends")
"""Lists of `token_entropy` with an element per token, beside the tokens."""
_ANSWER = ("trace_id", "span_id", "choice")
_NAMES = ("surprisal", "entropy_lower", "entropy_upper", "rank", "alternatives", "kind", "start", "end")


@click.command()
@click.option("--call", metavar="ID", help="The tokens of one call: the id of its span or trace, or how it begins.")
@click.option(
    "--by",
    type=click.Choice(["total", "model", "service", "day"]),
    default="model",
    show_default=True,
    help="What to group by; days are UTC.",
)
@click.option("--trend", is_flag=True, help="Each group day by day.")
@click.option(
    "--least-certain", type=click.IntRange(1), metavar="N", help="The N answers of the greatest mean surprisal."
)
@click.option("--heat", is_flag=True, help="With --least-certain: the answers themselves, as --call shows one.")
@click.option(
    "--source",
    type=click.Choice(["recorded", "lm"]),
    default="recorded",
    show_default=True,
    help="Whose probabilities: what providers said, or what the model of the processor entropy_lm says.",
)
@click.option("--semantic", is_flag=True, help="Requests that were answered several times: how many meanings they got.")
@click.option(
    "--nli", metavar="MODEL", help="With --semantic: an NLI model (folder or hub name) that decides on meaning."
)
@window_options
@format_option
@data_dir_option
def command(
    call: str | None,
    by: str,
    trend: bool,
    least_certain: int | None,
    heat: bool,
    source: str,
    semantic: bool,
    nli: str | None,
    since_ns: int | None,
    until_ns: int | None,
    output_format: str,
    data_dir: Path,
) -> None:
    """Show how sure the models were of their tokens.

    Figures are of calls that carry log probabilities; why others have none is counted, on stderr by provider. Surprisal and
    entropy are in nats. --call shows an answer with its tokens by surprisal, JSON and CSV every figure of each token.
    --source lm shows figures under a scoring model: how expected the words are to it, not how sure the model was that
    answered.

    \b
    Examples:
      otel-cert entropy --since 7d --by service --trend
      otel-cert entropy --least-certain 5
      otel-cert entropy --least-certain 1 --heat
      otel-cert entropy --call 4f2c91
      otel-cert entropy --source lm --by service
      otel-cert entropy --semantic --since 7d
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.cli._answer import show
    from otel_cert.questions import ENTROPY, UNCERTAIN
    from otel_cert.report import tables

    window: dict[str, Any] = {"since_ns": since_ns, "until_ns": until_ns}
    asked, scored = window | {"source": source}, source != "recorded"
    if nli is not None and not semantic:
        raise click.UsageError("--nli decides what answers mean: add --semantic.")
    if heat and least_certain is None:
        raise click.UsageError("--heat shows the answers that --least-certain finds: add it.")
    if semantic:
        from otel_cert.cli import _semantic

        _semantic.show(data_dir, nli, window, output_format)
    elif call is not None:
        _call(data_dir, call, output_format)
    elif least_certain is not None and heat:
        _least_certain(data_dir, least_certain, asked, output_format)
    elif least_certain is not None:
        show(data_dir, UNCERTAIN, tables.uncertain(scored=scored), output_format, most=least_certain, **asked)
    else:
        shown, note = tables.entropy(by, trend, scored=scored), _reasons(data_dir, asked)
        show(data_dir, ENTROPY, shown, output_format, note=note, by=by, trend="day" if trend else "none", **asked)


def _reasons(data_dir: Path, asked: Mapping[str, Any]) -> Any:
    """Return what says, by provider, why calls have no figures."""

    def note(_: Answer) -> str:
        from otel_cert.questions import UNMEASURED, ask
        from otel_cert.questions.unmeasured import REASONS
        from otel_cert.report.text import plural
        from otel_cert.store.query import connect

        with connect(data_dir) as con:
            found = [row for row in ask(con, UNMEASURED, **asked).dicts() if row["reason"] is not None]
        return "\n".join(
            f"{row['provider'] or 'provider unknown'}: {plural(row['calls'], 'call')} without figures, {row['reason']}:"
            f" {REASONS.get(row['reason'], 'as its source says')}"
            for row in found
        )

    return note


def _call(data_dir: Path, call: str, output_format: str) -> None:
    from otel_cert.errors import NotFound, UsageError
    from otel_cert.questions import TOKENS, ask
    from otel_cert.store.query import connect

    if not call.strip():
        raise UsageError("--call needs an id", hint="`otel-cert entropy --least-certain 5` shows some")
    with connect(data_dir) as con:
        answer = ask(con, TOKENS, call=call.strip())
    if not answer.rows:
        raise NotFound(
            f"there is no call {call!r} with a row in token_entropy",
            hint="`otel-cert tail` and `otel-cert entropy --least-certain 5` show ids; `otel-cert process` computes calls",
        )
    _emit([*answer.dicts()], output_format)


def _least_certain(data_dir: Path, most: int, asked: Mapping[str, Any], output_format: str) -> None:
    from otel_cert.questions import TOKENS, UNCERTAIN, ask
    from otel_cert.store.query import connect

    def is_answer(row: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
        return row["source"] == asked["source"] and all(row[name] == found[name] for name in _ANSWER)

    with connect(data_dir) as con:
        rows = [
            row
            for found in ask(con, UNCERTAIN, most=most, **asked).dicts()
            for row in ask(con, TOKENS, call=found["span_id"]).dicts()
            if is_answer(row, found)
        ]
    _emit(rows, output_format)


def _emit(rows: Sequence[Mapping[str, Any]], output_format: str) -> None:
    """Print answers with their tokens."""
    from otel_cert.cli._output import emit
    from otel_cert.questions import TOKENS

    if output_format == "json":
        names = [column.name for column in TOKENS.columns]
        emit(names, [[row[name] for name in names] for row in rows], "json")
    elif output_format in ("csv", "markdown"):
        emit(["span_id", "source", "choice", "ordinal", "token", *_NAMES], _tokens(rows), output_format)
    else:
        for number, row in enumerate(rows):
            if number:
                click.echo()
            _show(row)


def _tokens(rows: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    """Return a row per token of every answer; of one without figures none."""
    return [
        [row["span_id"], row["source"], row["choice"], at, (row["tokens"] or [None] * row["n_tokens"])[at],
         *(row[name][at] for name in _TOKEN)]
        for row in rows
        for at in range(row["n_tokens"] or 0)
    ]  # fmt: skip


def _show(row: Mapping[str, Any]) -> None:
    from otel_cert.cli import _heat
    from otel_cert.questions.unmeasured import REASONS
    from otel_cert.report import heat, text

    whose = f", surprisal under {row['scoring_model']}" if row["scoring_model"] else ""
    click.echo(
        f"{row['trace_id']} {row['span_id']}  {text.moment(row['start_unix_ns'])}  {text.words(row['model'])}{whose}"
    )
    if row["reason"]:
        click.echo(f"no figures, {row['reason']}: {REASONS.get(row['reason'], 'as its source says')}")
    if not row["n_tokens"]:
        return
    click.echo()
    _heat.show(heat.cells(row["tokens"], row["surprisal"]))
    click.echo()
    for sentence in _sentences(row):
        click.echo(sentence)


def _sentences(row: Mapping[str, Any]) -> list[str]:
    """Say in words what is known of an answer, and of how many of its tokens."""
    from otel_cert.cli._output import printable
    from otel_cert.report import text

    odd = [(row["n_unlikely"], "recorded as unlikely, without a number"), (row["n_unreadable"], "unreadable")]
    unknown = "".join(f"; {n} {what}" for n, what in odd if n)
    said = [f"{row['n_known']:,} of {text.plural(row['n_tokens'], 'token')} with a known probability{unknown}"]
    if not row["n_known"]:
        return said
    said.append(
        f"mean surprisal {text.nats(row['mean_nll'])}, perplexity {text.nats(row['perplexity'])};"
        f" {text.percent(row['share_below'])} of the tokens below probability {row['below_probability']:g}"
    )
    if row["mean_entropy_lower"] is not None:
        high = row["mean_entropy_upper"]
        low, most = text.nats(row["mean_entropy_lower"]), text.nats(high)
        if high is None:
            most = "unknown, for want of the vocabulary's size"
        exact = high == row["mean_entropy_lower"]
        said.append(f"mean entropy {low}" if exact else f"mean entropy at least {low}, at most {most}")
    parts = [(kind, row[f"{kind}_mean_nll"]) for kind in ("text", "reasoning", "tool_call")]
    if len(known := [(kind, value) for kind, value in parts if value is not None]) > 1:
        said.append("mean surprisal by part: " + ", ".join(f"{kind} {text.nats(value)}" for kind, value in known))
    worst = "text not recorded" if row["worst_text"] is None else printable(repr(row["worst_text"]))
    said.append(f"least certain token {row['worst_token']}: {worst}, surprisal {text.nats(row['worst_surprisal'])}")
    if row["window_mean"] is not None and row["window_text"]:
        said.append(
            f"least certain window: {printable(repr(row['window_text']))}, mean {text.nats(row['window_mean'])}"
        )
    return said
