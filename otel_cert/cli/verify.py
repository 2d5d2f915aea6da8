"""`otel-cert verify`: check a data directory without trusting the code that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import data_dir_option, format_option
from otel_cert.cli._output import emit
from otel_cert.cli._progress import progress
from otel_cert.errors import CheckFailed, UsageError

if TYPE_CHECKING:
    from otel_cert.verify import Check, Finding

COLUMNS = ("check", "looked_at", "unit", "holds", "findings", "notes")
_SHOWN = 10
"""Findings and notes of one check that a person is shown."""


@click.command()
@click.option("--store", is_flag=True, help="Check the store: ack log, tables, snapshots, rows.")
@click.option(
    "--acknowledged",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also check that this is stored: per line TRACE_ID SPAN_ID, or the SHA-256 of a logs or metrics request.",
)
@format_option
@data_dir_option
def command(store: bool, acknowledged: Path | None, output_format: str, data_dir: Path) -> None:
    """Check a data directory with code of its own, which shares nothing with the writer's; writes nothing.

    The directory may be in use by a service, or read-only. Findings name file, offset, meaning and next step; notes are
    no faults. Exit code 3 when a check does not hold. JSON has the findings and notes of each check.
    """
    from otel_cert.verify import verify

    if not store:
        raise UsageError("say what to verify", hint="otel-cert verify --store [--acknowledged FILE]")
    with progress() as update:
        checks = verify(data_dir, acknowledged, update)
    if output_format == "json":
        emit((*COLUMNS[:4], "found"), [(c.name, c.looked_at, c.unit, c.holds, _found(c)) for c in checks], "json")
    else:
        emit(COLUMNS, [(c.name, c.looked_at, c.unit, c.holds, c.findings, c.notes) for c in checks], output_format)
        for check in checks:
            _tell(check, err=output_format != "table")
    if failed := [c.name for c in checks if not c.holds]:
        raise CheckFailed(f"{len(failed)} of {len(checks)} checks do not hold: {', '.join(failed)}")


def _tell(check: Check, *, err: bool) -> None:
    for shown in ([f for f in check.kept if not f.note], [f for f in check.kept if f.note]):
        for one in shown[:_SHOWN]:
            click.echo(_line(check, one), err=err)
    if check.findings > _SHOWN or check.notes > _SHOWN:
        click.echo(f"({check.name}: {check.findings} findings, {check.notes} notes; --format json shows more)", err=err)


def _found(check: Check) -> list[dict[str, object]]:
    return [
        {
            "kind": "note" if one.note else "finding",
            "file": one.file,
            "offset": one.offset,
            "meaning": one.meaning,
            "next_step": one.next_step,
        }
        for one in check.kept
    ]


def _line(check: Check, one: Finding) -> str:
    where = one.file if one.offset is None else f"{one.file} at byte {one.offset}"
    text = f"{'note' if one.note else 'FINDING'} ({check.name}): {where}: {one.meaning}"
    return f"{text}\n  next: {one.next_step}" if one.next_step else text
