"""`otel-cert process`: compute what waits, once."""

from __future__ import annotations

from pathlib import Path

import click

from otel_cert.cli._options import config_option, data_dir_option
from otel_cert.cli._progress import progress


@click.command()
@click.option("--all", "restart", is_flag=True, help="Compute every stored trace again, not only those that changed.")
@config_option
@data_dir_option
def command(restart: bool, config: Path | None, data_dir: Path) -> None:
    """Seal and compute everything received until now; needs no running `serve` (and waits for one that runs)."""
    from otel_cert.config.loader import load
    from otel_cert.registry import Registry
    from otel_cert.report.text import plural
    from otel_cert.store.layout import Layout
    from otel_cert.telemetry import configure_logging
    from otel_cert.workers import process

    registry = Registry.installed()
    checked = load(config, registry)
    configure_logging(checked.service.telemetry)
    with progress() as update:
        traces = process(Layout.open(data_dir), checked, registry, restart=restart, progress=update)
    click.echo("computed by the running service" if traces is None else f"{plural(traces, 'trace')} computed", err=True)
