"""`otel-cert reprice`: stored costs by the prices of now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option, data_dir_option, format_option, window_options
from otel_cert.cli._output import emit
from otel_cert.cli._progress import progress

if TYPE_CHECKING:
    from otel_cert.reprice import Difference, Repriced


@click.command()
@window_options
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@format_option
@config_option
@data_dir_option
def command(
    since_ns: int | None, until_ns: int | None, dry_run: bool, output_format: str, config: Path | None, data_dir: Path
) -> None:
    """Compute stored costs again with the prices of now, and show the difference per model.

    Whole traces are priced: those with a call in the window. The costs as they were stay readable, by the number of their
    snapshot. Stop `serve` before, or give --dry-run.

    \b
    otel-cert reprice --since 30d --dry-run
    otel-cert reprice --since 2026-11-01 --config otel-cert.yaml
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.config.loader import load
    from otel_cert.registry import Registry
    from otel_cert.reprice import columns, reprice
    from otel_cert.store.layout import Layout

    registry, layout = Registry.installed(), Layout.open(data_dir)
    with progress() as update:
        found = reprice(
            layout,
            load(config, registry),
            registry,
            since_ns=since_ns,
            until_ns=until_ns,
            dry_run=dry_run,
            progress=update,
        )
    if output_format in ("json", "csv"):
        rows = [columns(d) for d in found.differences]
        names = list(rows[0]) if rows else ["provider", "model", "calls", "old_cost", "new_cost", "difference"]
        emit(names, [tuple(row.values()) for row in rows], output_format)
    else:
        headers = (
            "Provider",
            "Model",
            "Calls",
            "Changed",
            "Newly priced",
            "No longer",
            "Before",
            "After",
            "Difference",
        )
        right = [False, False, *(True for _ in headers[2:])]
        emit(headers, [_row(d) for d in found.differences], output_format, right=right)
    for line in _said(found, dry_run=dry_run):
        click.echo(line, err=True)


def _row(d: Difference) -> tuple[str | None, ...]:
    from otel_cert.report.text import count, money

    def amount(value: object, currency: str | None) -> str:
        return f"{money(value)} {currency or ''}".strip()  # type: ignore[arg-type]

    return (
        d.provider,
        d.model,
        count(d.calls),
        count(d.changed_calls),
        count(d.newly_priced_calls),
        count(d.no_longer_priced_calls),
        amount(d.old_cost, d.old_currency),
        amount(d.new_cost, d.new_currency),
        amount(d.difference, d.new_currency or d.old_currency),
    )


def _said(found: Repriced, *, dry_run: bool) -> list[str]:
    from otel_cert.report.text import plural

    changed = sum(d.changed_calls for d in found.differences)
    lines = [f"{plural(found.calls, 'call')} priced again, {changed:,} with another cost"]
    if dry_run:
        lines.append("nothing was written (--dry-run)")
    elif found.after is None:
        lines.append("every stored cost is by these prices already; nothing was written")
    else:
        lines.append(f"before: snapshot {found.before}, kept for ever; after: snapshot {found.after}")
        lines.append(f'ask the old costs: otel-cert sql --snapshot {found.before} "SELECT sum(total_cost) FROM costs"')
    return lines
