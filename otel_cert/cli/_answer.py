"""A question asked from the command line: the answer on stdout, what it rests on on stderr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._output import emit

if TYPE_CHECKING:
    from otel_cert.costs import Spend
    from otel_cert.questions import Answer, Question
    from otel_cert.report.tables import Shown


def show(
    data_dir: Path,
    question: Question,
    columns: Sequence[Shown],
    output_format: str,
    *,
    note: Callable[[Answer], str] | None = None,
    **params: object,
) -> None:
    """Ask `question` at the newest snapshot and print the answer.

    `table` and `markdown` show `columns`, as documents do; `json` and `csv` give every column of the answer, unrounded.
    """
    from otel_cert.questions import ask
    from otel_cert.report.tables import cells
    from otel_cert.report.text import plural, window
    from otel_cert.store.query import connect

    with connect(data_dir) as con:
        answer = ask(con, question, **params)
    if output_format in ("json", "csv"):
        emit(answer.columns, answer.rows, output_format)
    else:
        right = [column.align == "right" for column in columns]
        emit([column.header for column in columns], cells(answer, columns), output_format, right=right)
    covered = window(*(answer.params[name] for name in ("since_ns", "until_ns")))  # type: ignore[arg-type]
    click.echo(f"{plural(answer.n, 'call')}, {covered}; snapshot {answer.snapshot}", err=True)
    if not answer.n:
        click.echo(nothing_in_window(data_dir), err=True)
    elif note and (text := note(answer)):
        click.echo(text, err=True)


def print_spend(spend: Spend, output_format: str) -> None:
    """Print an answer about spend, and on stderr what it rests on."""
    from otel_cert.costs import shown

    if output_format == "json":
        click.echo(spend.model_dump_json(indent=1))
    elif output_format == "csv":
        columns, rows = shown.points(spend) if spend.trend else shown.groups(spend)
        emit(columns, rows, "csv")
    else:
        for number, table in enumerate(shown.tables(spend)):
            if number:
                click.echo()
            emit(table.columns, table.rows, output_format, right=table.right)
    for sentence in shown.sentences(spend):
        click.echo(sentence, err=True)


def nothing_in_window(data_dir: Path) -> str:
    """Say what the store does hold."""
    from otel_cert.questions import SUMMARY, ask
    from otel_cert.report.text import plural, spoken
    from otel_cert.store.query import connect

    with connect(data_dir) as con:
        held = next(ask(con, SUMMARY).dicts())
    if not held["calls"]:
        return (
            "The store holds no calls yet: send telemetry to `otel-cert serve` or load files with `otel-cert import`."
        )
    extent = f"{spoken(held['first_call'])} to {spoken(held['last_call'])}"
    return f"The store holds {plural(held['calls'], 'call')}, which started from {extent}: widen --since and --until."
