"""What calls cost: totals, groups, their course, what changed, and what the month will have cost."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from otel_cert.costs.answer import DAY_NS, Basis, Extent, Model, Money, basis, iso
from otel_cert.costs.axis import Axis, Point, Trend
from otel_cert.costs.cells import Buckets, Cells, Conversion, Figures, Key, cells, merged, place_unpriced, total
from otel_cert.costs.currency import Rates
from otel_cert.costs.projection import Month, Projection, complete_days, known, project
from otel_cert.errors import UsageError
from otel_cert.questions import COSTS, Answer, ask
from otel_cert.questions.costs import GROUPS
from otel_cert.questions.scope import Scope
from otel_cert.report import text

if TYPE_CHECKING:
    import duckdb

MAX_POINTS = 1_000_000
"""Of all series together: more is a mistake, and would not fit in memory."""


class Before(Model):
    """A group in the period before."""

    calls: int
    """Calls."""
    priced_calls: int
    """Calls with a known cost."""
    cost: Money | None
    """Their cost; null when there are calls and none is priced."""


class Group(Model):
    """The calls of one group whose prices are in one currency."""

    provider: str | None
    """Provider, when grouped by model."""
    key: str | None
    """The group; null: unknown. A model is the one asked for, else the one that answered; days are UTC."""
    groups_in_other: int
    """How many groups are put together here under the key `other`; 0 for an ordinary group."""
    currency: str | None
    """ISO 4217 code of the amounts; null when nothing is priced."""
    calls: int
    """Calls."""
    priced_calls: int
    """Calls with a known cost."""
    estimated_calls: int
    """Priced calls whose tokens are an estimate."""
    unpriced_calls: int
    """Calls without a known cost."""
    unpriced_reasons: dict[str, int]
    """Why, and how often."""
    input_tokens: int | None
    """Input tokens, cache included, of the calls that report them; null when none does."""
    input_known: int
    """Calls with known input tokens."""
    cached_tokens: int | None
    """Of these, read from the provider's cache."""
    cached_known: int
    """Calls that report whether the cache was read."""
    output_tokens: int | None
    """Output tokens of the calls that report them."""
    output_known: int
    """Calls with known output tokens."""
    cost: Money | None
    """Cost of the priced calls; null when there are calls and none is priced."""
    share: float | None
    """Part of the cost in this currency, 0 to 1."""
    cost_per_call: float | None
    """Cost divided by priced calls."""
    cost_per_1k_tokens: float | None
    """Cost of the priced calls with known tokens, divided by these tokens, input and output, times 1,000."""
    before: Before | None
    """The same group in the period before; null when that is not asked for or not covered."""
    change: float | None
    """(cost - cost before) / cost before; null when that is unknown or 0."""
    series: tuple[Point, ...] | None
    """The group's course without gaps; null when no trend is asked for."""


class Total(Group):
    """All calls whose prices are in one currency."""

    complete_days: int
    """UTC days that lie wholly in the window and in the time that the store covers, and have a known cost."""
    daily_mean: float | None
    """Mean cost of these days; null when there is none."""


class Comparison(Model):
    """The period before: as long as the window, with the same filters."""

    since: str
    """Its start, ISO 8601, UTC."""
    until: str
    """Its end, exclusive: the window's start."""
    n: int
    """Calls in it, before filters."""
    covered: Literal["whole", "part", "none"]
    """How much of it the store covers: a change against a part says little."""


class UsedRate(Model):
    """A rate that amounts were converted with."""

    date: str
    """Day from which it holds."""
    source: str
    """One unit of this currency ..."""
    target: str
    """... is `rate` units of this one."""
    rate: Money
    """The rate."""


class Spend(Model):
    """What the calls of a window cost."""

    basis: Basis
    """Which calls, and what is not known of them."""
    by: str
    """What is grouped by."""
    trend: Trend | None
    """What the points of each `series` are."""
    compared: Comparison | None
    """The period that `before` and `change` are about."""
    totals: tuple[Total, ...]
    """One per currency: amounts in different currencies are never added."""
    groups: tuple[Group, ...]
    """Most expensive first; days in order. A group with prices in several currencies is here once for each."""
    projections: tuple[Projection, ...]
    """The calendar month in which the window ends, one per currency, whatever the window's start; none without calls."""
    rates: tuple[UsedRate, ...]
    """Rates that were used."""
    unconverted: tuple[str, ...]
    """Currencies of amounts for which there was no rate; they stand as they are."""
    not_in_series: int
    """Calls without a time, or that claim to be of the future: no part of a series."""
    notes: tuple[str, ...]
    """What to know of these figures, in words."""


def spend(
    con: duckdb.DuckDBPyConnection,
    scope: Scope | None = None,
    *,
    by: str = "model",
    trend: Trend | None = None,
    compare: bool = False,
    rates: Rates | None = None,
    limit: int | None = None,
    now_ns: int | None = None,
) -> Spend:
    """Return what the calls of `scope` cost.

    Args:
        con: a connection of `otel_cert.connect()`.
        scope: the window and the filters; default all calls.
        by: model, provider, service, user, conversation, agent, operation, environment, tag:KEY, day or total.
        trend: also give every group's course.
        compare: also give every group in the period before, which is as long; needs `scope.since_ns`.
        rates: convert amounts into `rates.target`.
        limit: keep this many groups and put the others together; days are all kept.
        now_ns: replaces the clock.

    Raises:
        UsageError: `by` is unknown, the window has no start to compare with, or a trend has too many points.

    """
    asked = _Asked(con, scope or Scope(), by, trend, rates, time.time_ns() if now_ns is None else now_ns)
    costs = asked.costs()
    earlier = asked.earlier() if compare else None
    now, before = asked.cells(costs), asked.cells(earlier.answer) if earlier and earlier.answer else None
    place_unpriced(now, before or {})
    rows = _limited(_rows(now, before, by), None if by == "day" else limit)
    if asked.axis and len(rows) * len(asked.axis.starts) > MAX_POINTS:
        raise UsageError(
            f"{len(rows):,} groups at {len(asked.axis.starts):,} times are too many points",
            hint="ask for a shorter window, a coarser trend, or fewer groups (a limit)",
        )
    all_now, all_before = _together(now), None if before is None else _together(before)
    place_unpriced(all_now, all_before or {})
    everything = _rows(all_now, all_before, "total")
    sums = {row.currency: row.figures["cost"] for row in everything}
    daily = asked.daily(costs)
    projections = tuple(asked.projections(daily)) if costs.rows else ()
    return Spend(
        basis=basis(con, asked.scope, asked.extent, costs, total(row.figures for row in everything)),
        by=by,
        trend=trend,
        compared=earlier and earlier.comparison,
        totals=tuple(Total(**row.fields(asked.axis, sums), **asked.daily_mean(row, daily)) for row in everything),
        groups=tuple(Group(**row.fields(asked.axis, sums)) for row in rows),
        projections=projections,
        rates=tuple(
            UsedRate(date=rate.day.isoformat(), source=rate.source, target=rate.target, rate=rate.rate)
            for rate in sorted(asked.conversion.used)
        ),
        unconverted=tuple(sorted(asked.conversion.unconverted)),
        not_in_series=asked.axis.outside(row.now for row in everything) if asked.axis else 0,
        notes=tuple(asked.notes(earlier, projections)),
    )


def grouping(by: str) -> dict[str, str]:
    """Return the parameters `by` and `tag` of a question for `model`, `tag:KEY` and so on; raise UsageError."""
    group, _, tag = by.partition(":")
    if group not in GROUPS or (group == "tag") != bool(tag):
        valid = ", ".join("tag:KEY" if name == "tag" else name for name in GROUPS)
        raise UsageError(f"nothing is grouped by {by!r}", hint=f"valid: {valid}")
    return {"by": group, **({"tag": tag} if tag else {})}


@dataclass(frozen=True)
class _Earlier:
    """The period before, and the answer about it; None when the store covers nothing of it."""

    comparison: Comparison
    answer: Answer | None


class _Asked:
    """One window, and what is asked about it."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        scope: Scope,
        by: str,
        trend: Trend | None,
        rates: Rates | None,
        now_ns: int,
    ) -> None:
        if trend and by == "day":
            raise UsageError("grouping by day is a trend already", hint="ask for the trend daily, by total")
        self.scope = scope
        self.until_ns = now_ns if scope.until_ns is None else min(scope.until_ns, now_ns)
        self.extent = Extent.of(con, now_ns)
        self.axis = Axis(trend, self.extent, scope.since_ns, self.until_ns) if trend else None
        self.conversion = Conversion(rates)
        self._con, self._group = con, grouping(by)
        # A dated rate needs the day of each amount.
        self._bucket = "hour" if trend == "hourly" else "day" if trend or (rates and not rates.always) else "none"
        end_ns = self.until_ns if scope.until_ns is not None else self.extent.end_ns(now_ns)
        self._month = Month.of(end_ns - 1)

    def costs(self) -> Answer:
        """Return the answer about the window."""
        return self._ask(self.scope, self._bucket)

    def earlier(self) -> _Earlier:
        """Return the answer about the period before the window."""
        since_ns = self.scope.since_ns
        if since_ns is None:
            raise UsageError("all calls have no period before them", hint="give the window a start: --since 7d")
        if since_ns >= self.until_ns:
            raise UsageError("the window ends before it starts, or has not begun", hint="an earlier start: --since 7d")
        start_ns = 2 * since_ns - self.until_ns
        covered: Literal["whole", "part", "none"] = "part"
        if self.extent.first_ns is None or since_ns <= self.extent.first_ns:
            covered = "none"
        elif self.extent.covers(start_ns, since_ns):
            covered = "whole"
        answer = self._ask(self.scope.between(start_ns, since_ns), self._bucket)
        comparison = Comparison(since=iso(start_ns), until=iso(since_ns), n=answer.n, covered=covered)
        return _Earlier(comparison, None if covered == "none" else answer)

    def cells(self, answer: Answer) -> Cells:
        """Return an answer's figures in the parts of time of the trend."""
        return cells(answer, self.conversion, self.axis.floor if self.axis else _undivided)

    def daily(self, costs: Answer) -> Cells:
        """Return the figures of each day of the window and of the month in which it ends; `costs` may hold them."""
        since_ns = self.scope.since_ns
        if self._bucket == "none" or (since_ns is not None and since_ns > self._month.start_ns):
            start_ns = None if since_ns is None else min(since_ns, self._month.start_ns)
            costs = self._ask(self.scope.between(start_ns, self.scope.until_ns), "day", by="total")
        found = _together(cells(costs, self.conversion, _day))
        place_unpriced(found)
        return found

    def daily_mean(self, row: _Row, daily: Cells) -> dict[str, object]:
        """Return the fields of a total about its days."""
        days = complete_days(self.extent, self.scope.since_ns or 0, self.until_ns)
        sample = known(days, _by_day(daily, row.currency)) if row.currency else []
        return {"complete_days": len(sample), "daily_mean": statistics.fmean(sample) if sample else None}

    def projections(self, daily: Cells) -> Iterator[Projection]:
        """Yield the projection of the month in which the window ends, per currency that has any cost in it."""
        as_of_ns = self.extent.end_ns(self.until_ns)
        for currency in sorted(filter(None, daily.get(_ALL, {}))):
            by_day = _by_day(daily, currency)
            if any(cost is not None and self._month.holds(day) for day, cost in by_day.items()):
                yield project(self._month, as_of_ns, currency, by_day, self.extent)

    def notes(self, earlier: _Earlier | None, projections: Sequence[Projection]) -> Iterator[str]:
        """Yield what to know of the figures."""
        first_ns, since_ns = self.extent.first_ns, self.scope.since_ns
        if first_ns is not None:
            first = text.moment(first_ns)
            if since_ns is not None and since_ns < first_ns and not self.extent.covers(since_ns, first_ns):
                yield f"The window starts before the store's first call, {first}: what was before is not known."
            if earlier and earlier.comparison.covered != "whole":
                part = "nothing" if earlier.comparison.covered == "none" else "only a part"
                yield f"The store holds {part} of the period before: its first call is of {first}."
            if projections and self._month.holds(first_ns) and not self.extent.covers(self._month.start_ns, first_ns):
                yield f"{self._month} is known from {first} on: its projection leaves out what was before."
        if self.conversion.unconverted:
            currencies = ", ".join(sorted(self.conversion.unconverted))
            yield f"There is no rate for all amounts in {currencies}: these stand as they are."

    def _ask(self, scope: Scope, bucket: str, **group: str) -> Answer:
        return ask(self._con, COSTS, **scope.params(), **(group or self._group), bucket=bucket)


@dataclass
class _Row:
    """A group in one currency, before it is shown."""

    key: Key
    currency: str | None
    now: Buckets
    before: Figures | None
    others: int = 0

    def __post_init__(self) -> None:
        self.figures = total(self.now.values())

    def fields(self, axis: Axis | None, sums: Mapping[str | None, Decimal | None]) -> dict[str, Any]:
        """Return the fields of a `Group`; `sums` is the cost of all groups by currency."""
        f = self.figures
        return {
            **{name: f[name] for name in Group.model_fields if name in f},
            "provider": self.key[0],
            "key": self.key[1],
            "groups_in_other": self.others,
            "currency": self.currency,
            "share": _ratio(f["cost"], sums.get(self.currency)),
            "cost_per_call": _ratio(f["cost"], f["priced_calls"]),
            "cost_per_1k_tokens": _ratio(f["priced_tokens_cost"], f["priced_tokens"], 1000),
            "before": self.before and Before(**{name: self.before[name] for name in Before.model_fields}),
            "change": self._change(),
            "series": axis and axis.points(self.now),
        }

    def _change(self) -> float | None:
        now, before = self.figures["cost"], self.before and self.before["cost"]
        return None if now is None or not before else float(now - before) / float(before)


_ALL: Key = (None, "total")
_OTHER: Key = (None, "other")


def _rows(now: Cells, before: Cells | None, by: str) -> list[_Row]:
    """Return every group of either period in its currencies, in order."""
    rows = []
    for key in {**now, **(before or {})}:
        ours, theirs = now.get(key, {}), (before or {}).get(key, {})
        rows += [
            _Row(
                key,
                currency,
                ours.get(currency, {}),
                None if before is None else total(theirs.get(currency, {}).values()),
            )
            for currency in {**ours, **theirs}
        ]
    return sorted(rows, key=_by_key if by == "day" else _by_cost)


def _by_key(row: _Row) -> tuple[Any, ...]:
    return (row.key[1] is None, row.key[1] or "", *_by_cost(row))


def _by_cost(row: _Row) -> tuple[Any, ...]:
    cost = row.figures["cost"]
    return (cost is None, -(cost or 0), -row.figures["calls"], *(name or "" for name in (*row.key, row.currency)))


def _limited(rows: list[_Row], limit: int | None) -> list[_Row]:
    """Return the first rows, and one per currency for all that follow, so that sums hold."""
    if limit is None or len(rows) <= limit:
        return rows
    rest: dict[str | None, list[_Row]] = {}
    for row in rows[limit:]:
        rest.setdefault(row.currency, []).append(row)
    return rows[:limit] + [_other(currency, group) for currency, group in rest.items()]


def _other(currency: str | None, rows: list[_Row]) -> _Row:
    before = None if rows[0].before is None else total(row.before for row in rows if row.before)
    return _Row(_OTHER, currency, merged(row.now for row in rows), before, others=len(rows))


def _together(groups: Cells) -> Cells:
    """Return the figures of all groups as those of one."""
    currencies = {currency for group in groups.values() for currency in group}
    summed = {c: merged(group[c] for group in groups.values() if c in group) for c in currencies}
    return {_ALL: summed}


def _by_day(daily: Cells, currency: str) -> dict[int, Decimal | None]:
    """Return the cost of each day with calls; None where none of them is priced."""
    group = daily.get(_ALL, {})
    return {
        **{day: None for day in group.get(None, {}) if day is not None},
        **{day: figures["cost"] for day, figures in group.get(currency, {}).items() if day is not None},
    }


def _undivided(_start: int | None) -> None:
    return None


def _day(start: int | None) -> int | None:
    return None if start is None else start // DAY_NS * DAY_NS


def _ratio(part: Decimal | None, whole: Decimal | int | None, per: int = 1) -> float | None:
    return None if part is None or not whole else float(part) / float(whole) * per
