"""`otel-cert costs`: what the calls cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from otel_cert.cli._options import currency_options, data_dir_option, format_option, group_option, scope_options

if TYPE_CHECKING:
    from otel_cert.costs import Rates, Scope

_ROWS = 20


@click.command()
@group_option
@click.option("--trend", type=click.Choice(["hourly", "daily", "weekly"]), help="Also the course of every group, UTC.")
@click.option(
    "--compare", type=click.Choice(["previous"]), help="Also the period before the window, as long; needs --since."
)
@scope_options
@currency_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"Put all groups after this many together; not days. [default: {_ROWS}, in json and csv none]",
)
@format_option
@data_dir_option
def command(
    by: str,
    trend: Literal["hourly", "daily", "weekly"] | None,
    compare: str | None,
    scope: Scope,
    rates: Rates | None,
    limit: int | None,
    output_format: str,
    data_dir: Path,
) -> None:
    """Show what the calls cost: sums, shares, the course, what changed, and what the month will have cost.

    Calls without a known price or token count are not part of the cost: they are counted as unpriced, with the reason.
    An amount that nobody knows is null, never 0. json gives everything, unrounded (docs/costs-json.md); csv the groups,
    with --trend one row per group and hour, day or ISO week.

    \b
    Examples:
      otel-cert costs --since 7d --compare previous
      otel-cert costs --by tag:team --trend daily --since 2026-11-01 --until 2026-11-08
      otel-cert costs --by user --service helpdesk --limit 5
      otel-cert costs --currency EUR --rate 0.92
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.cli._answer import print_spend
    from otel_cert.costs import spend
    from otel_cert.store.query import connect

    people = output_format in ("table", "markdown")
    with connect(data_dir) as con:
        answer = spend(
            con,
            scope,
            by=by,
            trend=trend,
            compare=bool(compare),
            rates=rates,
            limit=limit or (_ROWS if people else None),
        )
    print_spend(answer, output_format)
