"""`otel-cert latency`: how long the calls took, and how often they failed."""

from __future__ import annotations

from pathlib import Path

import click

from otel_cert.cli._options import data_dir_option, format_option, window_options


@click.command()
@click.option(
    "--by",
    type=click.Choice(["model", "operation", "total"]),
    default="model",
    show_default=True,
    help="What to group by; operation: within each model.",
)
@window_options
@format_option
@data_dir_option
def command(by: str, since_ns: int | None, until_ns: int | None, output_format: str, data_dir: Path) -> None:
    """Show latency percentiles, errors and time to first token.

    Percentiles are of the n successful calls with a known duration; the error rate is of all calls, with a 95 % Wilson
    interval. JSON and CSV give every column unrounded.
    """
    from otel_cert.cli._answer import show
    from otel_cert.questions import LATENCY
    from otel_cert.report import tables

    columns = tables.latency_and_errors(by)
    show(data_dir, LATENCY, columns, output_format, by=by, since_ns=since_ns, until_ns=until_ns)
