"""`otel-cert import`: load recorded telemetry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option, data_dir_option, format_option
from otel_cert.cli._output import emit
from otel_cert.cli._progress import progress

if TYPE_CHECKING:
    from otel_cert.receivers.files import Report


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--signal",
    type=click.Choice(["traces", "logs", "metrics"]),
    help="What protobuf files hold whose name does not tell.",
)
@config_option
@data_dir_option
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    signal: str | None,
    config: Path | None,
    data_dir: Path,
    output_format: str,
) -> None:
    """Load recorded OTLP (request bodies, JSON, the Collector's files) and the histories of CERT and Langfuse (JSON).

    Also compressed with gzip or zstd, also whole folders. Returns when everything is sealed, computed and visible. The same
    again is stored once.
    """
    from otel_cert.config.loader import load
    from otel_cert.ingest import import_files
    from otel_cert.registry import Registry
    from otel_cert.store.layout import Layout
    from otel_cert.telemetry import configure_logging

    registry = Registry.installed()
    checked = load(config, registry)
    configure_logging(checked.service.telemetry)
    with progress() as update:
        report = import_files(Layout.create(data_dir), checked, registry, paths, signal=signal, progress=update)
    _tell(report)
    columns = ("files", "requests", "spans", "logs", "metrics", "skipped_files", "failed")
    found = report.elements
    counts = (report.files, report.requests, found["traces"], found["logs"], found["metrics"])
    emit(columns, [(*counts, len(report.skipped), len(report.failed))], output_format)
    ctx.exit(1 if report.failed else 0)


def _tell(report: Report) -> None:
    """Name on stderr what was not taken; many files of one kind are counted, not listed."""
    reasons: dict[str, list[str]] = {}
    for path, reason in report.skipped:
        reasons.setdefault(f"skipped, {reason}", []).append(str(path))
    for place, reason in report.failed:
        reasons.setdefault(f"failed, {reason}", []).append(place)
    if report.spelled:
        reasons["stored, but protobuf has no lone surrogates, they are spelled out"] = report.spelled
    for reason, places in reasons.items():
        click.echo(f"{reason}:", err=True)
        for place in places:
            click.echo(f"  {place}", err=True)
