"""`otel-cert evidence`: the query and result behind a figure, asked again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import data_dir_option, format_option
from otel_cert.cli._output import emit
from otel_cert.errors import CheckFailed

if TYPE_CHECKING:
    from otel_cert.report.evidence import Evidence, Result
    from otel_cert.store.layout import Layout


@click.command()
@click.argument("identifier", metavar="[ID]", required=False)
@click.option("--current", is_flag=True, help="Also ask at the newest snapshot and show what is different there.")
@format_option
@data_dir_option
def command(identifier: str | None, current: bool, output_format: str, data_dir: Path) -> None:
    """Show the query and result behind a figure, and ask it again; without ID, list the figures.

    The recorded SQL runs at the recorded snapshot: it must give the recorded result, else the exit code is 3. JSON is
    one object with the record, `verdict` and `differences`, and with --current `current` and `current_differences`.
    """
    from otel_cert.report import evidence
    from otel_cert.store.layout import Layout

    layout = Layout.open(data_dir)
    if identifier is None:
        _list(layout, output_format)
        return
    record = evidence.load(layout, identifier)
    found = evidence.differences(record, evidence.ask_again(layout, record))
    now = evidence.ask_again(layout, record, current=True) if current else None
    _show(record, found, now, output_format)
    if found:
        raise CheckFailed(f"evidence {record.id} does not hold: " + "; ".join(found))


def _list(layout: Layout, output_format: str) -> None:
    from otel_cert.report.evidence import records

    columns = ("id", "question", "window", "n", "snapshot", "created")
    found = records(layout)
    emit(columns, [[getattr(record, column) for column in columns] for record in found], output_format)
    if not found:
        click.echo("No evidence yet: `otel-cert report` records it.", err=True)


def _show(record: Evidence, found: list[str], now: Result | None, output_format: str) -> None:
    from otel_cert.report.evidence import differences

    verdict = "differs" if found else "same"
    changed = differences(record, now) if now else []
    if output_format == "json":
        fields = asdict(record) | {"verdict": verdict, "differences": found}
        if now:
            fields |= {"current": asdict(now), "current_differences": changed}
        emit(list(fields), [list(fields.values())], "json")
        return
    if output_format == "table":
        _head(record)
    emit(record.columns, record.rows, output_format)
    click.echo(f"asked again at snapshot {record.snapshot}: {verdict}", err=True)
    if now:
        click.echo("asked at the newest snapshot: " + ("same" if not changed else "differs"), err=True)
        for line in changed:
            click.echo(f"  {line}", err=True)


def _head(record: Evidence) -> None:
    shown = ("id", "question", "title", "window", "params", "store", "snapshot", "n", "created", "otel_cert_version")
    for name in shown:
        click.echo(f"{name.replace('_', ' '):<18} {getattr(record, name)}")
    if record.services:
        click.echo(f"{'services':<18} {', '.join(record.services)}")
    click.echo(f"\n{record.sql}")
