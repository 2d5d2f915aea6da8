"""`otel-cert optimize`: where the calls could have cost less."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otel_cert.cli._options import config_option, data_dir_option, format_option, scope_options
from otel_cert.cli._prices import price_lists

if TYPE_CHECKING:
    from otel_cert.costs import Scope


class _DurationType(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A duration as `parse_duration` reads it; arrives as nanoseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return nanoseconds, at least 1 s, or fail as wrong usage."""
        from otel_cert.config.units import parse_duration

        try:
            seconds = parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 1 <= seconds <= 366 * 86_400:
            self.fail(f"{value!r} is not from 1 s to 366 d", param, ctx)
        return round(seconds * 1e9)


@click.command()
@scope_options
@click.option(
    "--within", type=_DurationType(), default="24h", show_default=True, help="How long an answer stays valid."
)
@click.option(
    "--candidate", multiple=True, metavar="SELLER/MODEL", help="Also compare with this model; may be repeated."
)
@click.option("--any-provider", is_flag=True, help="Also compare with models of other providers, used here or named.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="Part of the mean score that a cheaper model may lose.",
)
@click.option(
    "--least", type=click.IntRange(2), default=20, show_default=True, help="Least calls that show what is usual."
)
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Most rows for people; rest summed."
)
@click.option("--sql", "with_sql", is_flag=True, help="Also print the SQL that finds the calls (JSON always has it).")
@format_option
@config_option
@data_dir_option
def command(
    scope: Scope,
    within: int,
    candidate: tuple[str, ...],
    any_provider: bool,
    margin: float,
    least: int,
    limit: int,
    with_sql: bool,
    output_format: str,
    config: Path | None,
    data_dir: Path,
) -> None:
    """Show where the calls could have cost less, and what to check before changing anything.

    Five kinds of savings: repeated requests, prompt caching, batch processing, a cheaper model for a task, prompts and
    answers that are too long. First come those that are surest. Each amount is what is saved after those above it:
    together they never exceed the cost.

    \b
    Examples:
      otel-cert optimize --since 30d
      otel-cert optimize --service search --candidate openai/gpt-4o-mini
      otel-cert optimize --since 7d --format json
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.cli._advice import show
    from otel_cert.cli._progress import progress
    from otel_cert.costs.optimize import Options, optimize
    from otel_cert.costs.optimize.lists import ListedPrices
    from otel_cert.store.query import connect

    options = Options(within, any_provider, candidate, margin, least)
    with connect(data_dir) as con, progress() as update:
        advice = optimize(con, scope, ListedPrices(price_lists(config)), options, progress=update)
    show(advice, data_dir, output_format, limit=limit, with_sql=with_sql)
