"""`otel-cert threshold`: thresholds that were registered before the answers that they judge."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from otel_cert.cli._options import data_dir_option, format_option
from otel_cert.cli._output import emit

_COLUMNS = ("time", "who", "purpose", "method", "threshold", "chosen_on", "calibration", "previous", "sha256")
_SHOWN = ("time", "who", "purpose", "method", "threshold", "chosen_on", "sha256")


@click.group()
def command() -> None:
    """Register thresholds, and list those that were.

    A threshold that is chosen after seeing the answers proves little. A registration has a time and a name, and each has the
    hash of the one before.
    """


@command.command()
@click.argument("threshold", type=click.FloatRange(0, 1))
@click.option("--who", required=True, help="Who is responsible.")
@click.option("--purpose", default="support of answers", show_default=True, help="What it is to judge.")
@click.option("--method", default="aligned", show_default=True, help="Whose scores it is for.")
@click.option("--chosen-on", default="not said", show_default=True, help="How it was chosen.")
@data_dir_option
def register(threshold: float, who: str, purpose: str, method: str, chosen_on: str, data_dir: Path) -> None:
    """Register a threshold; `calibrate --register` does so with a calibration's."""
    from otel_cert.store import thresholds
    from otel_cert.store.layout import Layout

    entry = thresholds.register(
        Layout.create(data_dir), who=who, purpose=purpose, method=method, threshold=threshold, chosen_on=chosen_on
    )
    click.echo(f"registered {entry.sha256[:12]} at {entry.time}", err=True)


@command.command("list")
@format_option
@data_dir_option
def list_(output_format: str, data_dir: Path) -> None:
    """List all registrations, the oldest first; fails when one was changed."""
    from otel_cert.store import thresholds
    from otel_cert.store.layout import Layout

    found = thresholds.registrations(Layout.open(data_dir))
    columns = _COLUMNS if output_format in ("json", "csv") else _SHOWN
    emit(columns, [[asdict(one)[name] for name in columns] for one in found], output_format)
    if not found:
        click.echo("No thresholds yet: `otel-cert calibrate --register` registers one.", err=True)
