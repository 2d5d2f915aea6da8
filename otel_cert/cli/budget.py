"""`otel-cert budget`: what is spent of budgets, when they are crossed, and what was told of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from otel_cert.cli._options import TimeType, config_option, data_dir_option, format_option
from otel_cert.cli._output import document, emit
from otel_cert.cli._progress import progress
from otel_cert.errors import CheckFailed, OtelCertError, UsageError

if TYPE_CHECKING:
    from otel_cert.costs import Budget, BudgetStatus
    from otel_cert.costs.budget import Spending
    from otel_cert.exporters.budget import BudgetSettings

STATUS = ("budget", "spent", "amount", "share", "left", "per day", "reaches it", "95 % interval", "window", "unpriced")
ALERTS = (
    "at", "event", "reason", "budget", "key", "level", "spent", "amount", "currency", "state", "attempts", "problem", "id",
)  # fmt: skip
_SHOWN = 20
"""Of the budgets per something, so many in a table."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _StatusFirst(click.Group):
    """Takes `budget` and `budget --option` for `budget status`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the verb in front where there is none."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["status", *args]
        return super().parse_args(ctx, args)


def _budgets_option(command: _Command) -> _Command:
    file = click.Path(dir_okay=False, path_type=Path)
    text = "File (YAML) of `budgets` and `webhook`. [default: the exporters `budget` of --config]"
    return click.option("--budgets", "file", type=file, help=text)(command)


def _at_option(command: _Command) -> _Command:
    text = "The moment to look at: 7d (ago), 2026-10-31T23:59. [default: now]"
    return click.option("--at", "at_ns", type=TimeType(), help=text)(command)


@click.group(cls=_StatusFirst)
def command() -> None:
    """Show what is spent of budgets, and when they are crossed.

    Budgets stand in the settings of the exporter `budget` of a configuration, or in a file of their own. Without a
    subcommand: `status`. `serve` watches them when its analysis pipeline names the exporter.

    \b
    otel-cert budget --budgets budgets.yaml
    otel-cert budget check --config otel-cert.yaml --level 80 || echo "slow down"
    otel-cert budget alerts
    otel-cert budget test team-search --config otel-cert.yaml
    """  # noqa: D301 - click's own mark


@command.command()
@config_option
@_budgets_option
@_at_option
@format_option
@data_dir_option
def status(config: Path | None, file: Path | None, at_ns: int | None, output_format: str, data_dir: Path) -> None:
    """Show spend, what is left, burn rate, and when each budget will be crossed.

    The forecast takes the days to come to be like those before, with a 95 % interval. Unpriced calls are counted, never
    taken as 0; amounts in other currencies are shown apart, never added.
    """
    found = _ask(config, file, data_dir, at_ns)
    if output_format == "json":
        document(found.model_dump())
    elif output_format == "csv":
        rows = [one.model_dump() for one in found.budgets]
        emit(list(rows[0]) if rows else (), [tuple(row.values()) for row in rows], output_format)
    else:
        emit(STATUS, [_row(one) for one in _shown(found)], output_format, right=[False, *[True] * 5, *[False] * 4])
    _tell(found, data_dir)


@command.command()
@click.option(
    "--level", type=click.FloatRange(min=0, min_open=True), default=100.0, show_default=True, help="Percentage."
)
@config_option
@_budgets_option
@_at_option
@format_option
@data_dir_option
def check(
    level: float, config: Path | None, file: Path | None, at_ns: int | None, output_format: str, data_dir: Path
) -> None:
    """Fail with exit code 3 when the spend of a budget has reached a level; print which."""
    found = _ask(config, file, data_dir, at_ns, forecast=False)
    crossed = [one for one in found.budgets if one.reached(level)]
    columns = ("budget", "key", "spent", "amount", "currency", "share", "since", "until")
    emit(columns, [tuple(getattr(one, name) for name in columns) for one in crossed], output_format)
    _tell(found, data_dir)
    if unknown := [_name(one) for one in found.budgets if one.spent is None]:
        click.echo(f"not known, for no call is priced: {', '.join(unknown)}", err=True)
    if crossed:
        names = ", ".join(_name(one) for one in crossed[:_SHOWN])
        raise CheckFailed(f"{len(crossed)} of {len(found.budgets)} budgets reached {level:g} %: {names}")


@command.command()
@format_option
@config_option
@data_dir_option
def alerts(output_format: str, config: Path | None, data_dir: Path) -> None:  # noqa: ARG001 - it names data_dir
    """Show the state changes that `serve` noticed, and whether they were delivered; oldest first."""
    from otel_cert.costs.budget.journal import read
    from otel_cert.store.layout import Layout

    entries = [entry for path in Layout.open(data_dir).all_budgets() for entry in read(path).entries]
    rows = [
        entry.event.model_dump() | entry.model_dump(exclude={"event"})
        for entry in sorted(entries, key=lambda e: e.event.at)
    ]
    emit(ALERTS, [tuple(row[name] for name in ALERTS) for row in rows], output_format)
    if not rows:
        click.echo(
            "No state change yet: `serve` notes them when its analysis pipeline names an exporter `budget`.", err=True
        )


@command.command()
@click.argument("name")
@config_option
@_budgets_option
@data_dir_option
def test(name: str, config: Path | None, file: Path | None, data_dir: Path) -> None:
    """Send a test of budget NAME to its webhook, once; fail when it is not taken."""
    from otel_cert.costs.budget.alerts import event
    from otel_cert.exporters._webhook import Undelivered, Webhook

    settings = next((one for one in _settings(config, file).values() if name in one.budgets), None)
    if settings is None:
        names = ", ".join(name for one in _settings(config, file).values() for name in one.budgets)
        raise UsageError(f"there is no budget {name!r}", hint=f"valid: {names}")
    found = _ask(config, file, data_dir, None, forecast=False)
    spending = next((one for one in found.budgets if one.budget == name), None)
    if spending is None:
        raise OtelCertError(f"budget {name!r} is per something, and nothing of it has calls in this window")
    try:
        Webhook(settings.webhook).send(event(spending, settings.budgets[name].levels[-1], found.at, "test", "asked"))
    except Undelivered as error:
        raise OtelCertError(f"the webhook did not take it: {error}", hint="see `webhook` of the exporter") from error
    click.echo("the webhook took it", err=True)


def _settings(config: Path | None, file: Path | None) -> dict[str, BudgetSettings]:
    from otel_cert.exporters.budget import configured

    return configured(config, file)


def _ask(
    config: Path | None, file: Path | None, data_dir: Path, at_ns: int | None, *, forecast: bool = True
) -> BudgetStatus:
    from otel_cert.costs import budget_status
    from otel_cert.store.query import connect

    budgets: dict[str, Budget] = {}
    for settings in _settings(config, file).values():
        budgets |= settings.budgets
    with connect(data_dir) as con, progress() as update:
        return budget_status(con, budgets, at_ns=at_ns, forecast=forecast, progress=update)


def _name(one: Spending) -> str:
    return one.budget if one.key is None else f"{one.budget} of {one.key}"


def _shown(found: BudgetStatus) -> Iterator[Spending]:
    """Yield what a table has room for."""
    for _, same in groupby(found.budgets, key=lambda one: one.budget):
        yield from islice(same, _SHOWN)


def _row(one: Spending) -> tuple[str, ...]:
    from otel_cert.report.text import UNKNOWN, count, money, percent

    def day(value: Any) -> str:
        return UNKNOWN if value is None else f"{value:%Y-%m-%d %H:%M}"

    low, high = day(one.crosses_earliest), day(one.crosses_latest)
    return (
        "  " * one.depth + _name(one),
        f"{money(one.spent)} {one.currency}",
        money(one.amount),
        percent(one.share),
        money(one.left),
        money(one.burn_per_day),
        "reached" if one.reached(100) else day(one.crosses),
        f"from {low}" if high == UNKNOWN != low else low if low == UNKNOWN else f"{low} to {high}",
        f"{one.window} from {day(one.since)}",
        count(one.unpriced_calls),
    )


def _tell(found: BudgetStatus, data_dir: Path) -> None:
    """Say what the figures rest on, and what is missing."""
    from otel_cert.cli._answer import nothing_in_window
    from otel_cert.report.text import counts, money, plural

    click.echo(
        f"{plural(found.n, 'call')} before {found.at:%Y-%m-%d %H:%M:%S} UTC; snapshot {found.snapshot}", err=True
    )
    if not found.n:
        click.echo(nothing_in_window(data_dir), err=True)
        return
    for one in _shown(found):
        if one.unpriced_calls:
            which = f"{one.unpriced_calls:,} of {plural(one.calls, 'call')} unpriced: {counts(one.unpriced_reasons)}"
            click.echo(f"{_name(one)}: {which}; the spend is a lower bound", err=True)
        for code, spent in one.other_currencies.items():
            click.echo(f"{_name(one)}: also spent, and not added: {money(spent)} {code}", err=True)
    for name, number in Counter(one.budget for one in found.budgets).items():
        if number > _SHOWN:
            click.echo(f"{name}: {number - _SHOWN:,} more, which --format csv and json show", err=True)
    for note in found.notes:
        click.echo(note, err=True)
