"""`otel-cert coverage`: what is known of the calls, what is not, and why."""

from __future__ import annotations

from pathlib import Path

import click

from otel_cert.cli._options import data_dir_option, format_option, window_options


@click.command()
@window_options
@format_option
@data_dir_option
def command(since_ns: int | None, until_ns: int | None, output_format: str, data_dir: Path) -> None:
    """Show what is unknown in the data, and why.

    Known, unknown and not applicable add up to the calls of the window; estimates count as unknown.
    """
    from otel_cert.cli._answer import show
    from otel_cert.questions import COVERAGE
    from otel_cert.report import tables

    show(data_dir, COVERAGE, tables.coverage(), output_format, since_ns=since_ns, until_ns=until_ns)
