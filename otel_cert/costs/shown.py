"""An answer about spend as people read it: tables, and sentences on what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from otel_cert.costs.answer import Basis
from otel_cert.costs.axis import Point
from otel_cert.costs.projection import Projection
from otel_cert.costs.spend import Before, Group, Spend, Total
from otel_cert.report import text

_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 60
"""Characters of a course, and lines of the table of points: more are not readable."""


@dataclass(frozen=True)
class Table:
    """Columns, which of them stand right, and the cells."""

    columns: list[str]
    right: list[bool]
    rows: list[list[str]]


def tables(spend: Spend) -> Iterator[Table]:
    """Yield the groups with their totals; the totals' course, if it has few points; daily mean and projection."""
    columns = _columns(spend)
    shown: list[Group] = [*(spend.groups if spend.by != "total" else ()), *spend.totals]
    yield Table(
        [name for name, _, _ in columns],
        [right for _, _, right in columns],
        [[form(group) for _, form, _ in columns] for group in shown],
    )
    points = [(total, point) for total in spend.totals for point in total.series or ()]
    if points and len(points) <= _WIDEST:
        yield _course(spend, points)
    figures = [*map(_daily_mean, filter(_has_days, spend.totals)), *map(_projection, spend.projections)]
    if figures:
        yield Table(["Figure", "Amount", "From"], [False, True, False], figures)


def groups(spend: Spend) -> tuple[list[str], list[list[object]]]:
    """Return the columns and rows of the groups, without their series."""
    names = [name for name in Group.model_fields if name not in ("series", "before")]
    before = list(Before.model_fields)
    rows = [
        [*(getattr(group, name) for name in names), *(getattr(group.before, name, None) for name in before)]
        for group in spend.groups
    ]
    return [*names, *(f"{name}_before" for name in before)], rows


def points(spend: Spend) -> tuple[list[str], list[list[object]]]:
    """Return the columns and rows of every group's series, one row per point."""
    names = ("provider", "key", "groups_in_other", "currency")
    rows = [
        [*(getattr(group, name) for name in names), *(getattr(point, name) for name in Point.model_fields)]
        for group in spend.groups
        for point in group.series or ()
    ]
    return [*names, *Point.model_fields], rows


def sentences(spend: Spend) -> Iterator[str]:
    """Yield what the figures rest on, and what they leave out."""
    yield from about(spend.basis)
    if spend.compared:
        since, until = (text.spoken(moment) for moment in (spend.compared.since, spend.compared.until))
        yield f"Before: {text.plural(spend.compared.n, 'call')} from {since} to before {until}"
    if spend.rates:
        yield f"Converted at {_rates(spend)}"
    if spend.not_in_series:
        yield f"{text.plural(spend.not_in_series, 'call')} without a time or of the future: in the sums, in no series"
    if any(projection.expected is not None for projection in spend.projections):
        yield f"Projection: {spend.projections[0].method}"
    yield from spend.notes


def about(basis: Basis) -> Iterator[str]:
    """Yield which calls an answer is about, and what is not known of them."""
    given = [f"{name} {' or '.join(values)}" for name, values in basis.filters.items()]
    which = f" ({basis.calls:,} with {', '.join(given)})" if given else ""
    yield f"{text.plural(basis.n, 'call')}{which}, {_window(basis)}; snapshot {basis.snapshot}"
    if not basis.calls:
        yield _nothing(basis)
    if basis.unpriced_calls:
        reasons = text.counts(basis.unpriced_reasons)
        yield f"{basis.unpriced_calls:,} of {text.plural(basis.calls, 'call')} unpriced: {reasons}"
    if basis.duplicates_removed:
        yield f"{text.plural(basis.duplicates_removed, 'duplicate')} of these calls removed"


def _nothing(basis: Basis) -> str:
    if basis.first_call is None:
        return (
            "The store holds no calls yet: send telemetry to `otel-cert serve` or load files with `otel-cert import`."
        )
    extent = f"{_second(basis.first_call)} to {_second(basis.last_call)}"
    which = "in this window" if not basis.n else "that pass the filters"
    return f"No calls {which}; the store holds calls from {extent}."


def _window(basis: Basis) -> str:
    if basis.since is None and basis.until is None:
        return "all stored calls"
    since = "the first stored call" if basis.since is None else _second(basis.since)
    until = "the last stored call" if basis.until is None else f"before {_second(basis.until)}"
    return f"from {since} to {until}"


def _second(iso: str | None) -> str:
    """Return an ISO time in words, to the second."""
    return text.spoken(None if iso is None else iso[:19] + "Z")


_Column = tuple[str, Callable[[Group], str], bool]


def _columns(spend: Spend) -> list[_Column]:
    """Return heading, form and whether it stands right: as many as a terminal shows side by side."""
    columns: list[_Column] = [(_heading(spend.by), _key, False), ("Calls", lambda g: text.count(g.calls), True)]
    if spend.by == "model":
        columns.insert(0, ("Provider", lambda g: "" if _is_sum(g) else text.words(g.provider), False))
    if not (spend.compared or spend.trend):
        columns += [
            ("Input tokens", lambda g: text.count(g.input_tokens), True),
            ("Output tokens", lambda g: text.count(g.output_tokens), True),
        ]
    columns += [
        ("Cost", lambda g: _amount(g.cost, g.currency), True),
        ("Share", lambda g: text.percent(g.share), True),
        ("Per call", lambda g: text.money(g.cost_per_call), True),
        ("Per 1k tokens", lambda g: text.money(g.cost_per_1k_tokens), True),
        ("Unpriced", lambda g: text.count(g.unpriced_calls), True),
    ]
    if spend.compared:
        columns += [("Before", _before, True), ("Change", lambda g: _signed(g.change), True)]
    if spend.trend:
        columns.append((spend.trend.capitalize(), lambda g: _sparkline(g.series or ()), False))
    return columns


def _heading(by: str) -> str:
    return by.removeprefix("tag:") if by.startswith("tag:") else by.capitalize()


def _is_sum(group: Group) -> bool:
    return isinstance(group, Total) or group.groups_in_other > 0


def _key(group: Group) -> str:
    if isinstance(group, Total):
        return "Total"
    return f"other ({group.groups_in_other:,})" if group.groups_in_other else text.words(group.key)


def _amount(cost: Decimal | float | None, currency: str | None) -> str:
    return text.money(cost) if currency is None or cost is None else f"{text.money(cost)} {currency}"


def _before(group: Group) -> str:
    if group.before is None:
        return text.UNKNOWN
    return f"{text.money(group.before.cost)}, {text.plural(group.before.calls, 'call')}"


def _signed(change: float | None) -> str:
    return text.UNKNOWN if change is None else f"{change:+,.1%}".replace("%", " %")


def _sparkline(series: Sequence[Point]) -> str:
    """Return one bar per point, or per some neighbours, relative to the highest; a blank where nothing is priced."""
    size = -(-len(series) // _WIDEST) or 1
    sums = [_summed(series[i : i + size]) for i in range(0, len(series), size)]
    return _bars(sums)


def _summed(series: Sequence[Point]) -> float | None:
    known = [float(point.cost) for point in series if point.cost is not None]
    return sum(known) if known else None


def _bars(values: Sequence[float | None]) -> str:
    highest = max((value for value in values if value is not None), default=0.0) or 1.0
    return "".join(" " if value is None else _BARS[round(value / highest * (len(_BARS) - 1))] for value in values)


def _course(spend: Spend, points: Sequence[tuple[Total, Point]]) -> Table:
    highest = {
        total.currency: max((float(p.cost or 0) for p in total.series or ()), default=0.0) for total, _ in points
    }
    rows = [
        [
            _part(spend, point),
            text.count(point.calls),
            _amount(point.cost, total.currency),
            "█" * round(20 * float(point.cost or 0) / (highest[total.currency] or 1)),
        ]
        for total, point in points
    ]
    return Table(["Start, UTC", "Calls", "Cost", ""], [False, True, True, False], rows)


def _part(spend: Spend, point: Point) -> str:
    """Return an hour, day or ISO week in words."""
    start = datetime.fromisoformat(point.start)
    form = {"hourly": "%Y-%m-%d %H:%M", "daily": "%Y-%m-%d", "weekly": "%G-W%V"}[spend.trend or "daily"]
    return start.strftime(form) + ("" if point.complete else " (part)")


def _has_days(total: Total) -> bool:
    return total.daily_mean is not None


def _daily_mean(total: Total) -> list[str]:
    days = text.plural(total.complete_days, "complete day")
    return ["Daily mean", _amount(total.daily_mean, total.currency), days]


def _projection(projection: Projection) -> list[str]:
    spent = f"{text.money(projection.spent)} spent to {_second(projection.as_of)}"
    if projection.expected is None:
        return [f"Projection for {projection.month}", text.UNKNOWN, f"{spent}; no complete day to project from"]
    bounds = "" if projection.low is None else f" ({text.money(projection.low)} to {text.money(projection.high)})"
    rest = f"{projection.days_left:.1f} days left, {text.plural(projection.complete_days, 'complete day')}"
    return [
        f"Projection for {projection.month}",
        _amount(projection.expected, projection.currency) + bounds,
        f"{spent}, {rest}",
    ]


def _rates(spend: Spend) -> str:
    shown = [f"1 {r.source} = {r.rate.normalize():f} {r.target} ({r.date})" for r in spend.rates]
    return ", ".join(shown) if len(shown) <= 4 else f"{shown[0]} to {shown[-1]}: {len(shown)} daily rates"
