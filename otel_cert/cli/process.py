"""`otel-cert process`: compute what waits, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option, data_dir_option
from otel_cert.cli._progress import progress

if TYPE_CHECKING:
    from otel_cert.store.layout import Layout


@click.command()
@click.option("--all", "restart", is_flag=True, help="Compute every stored trace again, not only those that changed.")
@config_option
@data_dir_option
def command(restart: bool, config: Path | None, data_dir: Path) -> None:
    """Seal and compute everything received until now; needs no running `serve` (and waits for one that runs)."""
    from otel_cert.config.loader import load
    from otel_cert.process import process
    from otel_cert.registry import Registry
    from otel_cert.report.text import plural
    from otel_cert.store.layout import Layout
    from otel_cert.telemetry import configure_logging

    registry, layout = Registry.installed(), Layout.open(data_dir)
    checked = load(config, registry)
    configure_logging(checked.service.telemetry)
    with progress() as update:
        traces = process(layout, checked, registry, restart=restart, progress=update)
    click.echo("computed by the running service" if traces is None else f"{plural(traces, 'trace')} computed", err=True)
    for line in _kept_aside(layout):
        click.echo(line, err=True)


def _kept_aside(layout: Layout) -> Iterator[str]:
    """Say what could not be stored or computed, and what to do about it."""
    from otel_cert.report.text import plural
    from otel_cert.store import quarantine
    from otel_cert.store.files import read_json

    for folder in layout.logs():
        if kept := quarantine.count(layout, folder.name):
            where = layout.quarantine(folder.name)
            yield f"{plural(kept, 'request')} kept aside; after an update, try `otel-cert import {where}`"
    for by, file in (("", layout.set_aside), (" by the scoring", layout.scoring_set_aside)):
        if traces := read_json(file):
            yield f"{plural(len(traces), 'trace')} set aside{by}; after an update, try `otel-cert process --all`"
