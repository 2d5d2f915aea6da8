"""`otel-cert costs`: what the calls cost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import data_dir_option, format_option, window_options

if TYPE_CHECKING:
    from otel_cert.questions import Answer


@click.command()
@click.option(
    "--by",
    type=click.Choice(["model", "provider", "service", "day", "total"]),
    default="model",
    show_default=True,
    help="What to group by; days are UTC.",
)
@window_options
@format_option
@data_dir_option
def command(by: str, since_ns: int | None, until_ns: int | None, output_format: str, data_dir: Path) -> None:
    """Show what the calls cost, by model.

    Calls without a known price or token count are not part of the cost: they are counted as unpriced, with the reason.
    JSON and CSV give every column unrounded; an amount that nobody knows is null, never 0.
    """
    from otel_cert.cli._answer import show
    from otel_cert.questions import COSTS
    from otel_cert.report import tables

    show(data_dir, COSTS, tables.costs(by), output_format, note=_unpriced, by=by, since_ns=since_ns, until_ns=until_ns)


def _unpriced(answer: Answer) -> str:
    from otel_cert.report.text import counts, plural

    reasons: Counter[str] = Counter()
    for row in answer.dicts():
        reasons.update(row["unpriced_reasons"])
    if not reasons.total():
        return ""
    return f"{reasons.total():,} of {plural(answer.n, 'call')} unpriced: {counts(reasons)}"
