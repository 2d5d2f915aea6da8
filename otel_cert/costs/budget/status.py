"""How much of budgets is spent, and when they will be crossed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from otel_cert.costs.budget.forecast import METHOD, MOST_DAYS, crossing
from otel_cert.costs.budget.model import Budget, ordered
from otel_cert.costs.budget.sums import Sum, sums
from otel_cert.costs.budget.window import Window, window, zone

if TYPE_CHECKING:
    import duckdb

_DAY_NS = 86_400_000_000_000
_PARTS = 30
"""A rolling window is looked at in so many parts, by age."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Spending(BaseModel):
    """One budget, or one of those of a budget `per` something, in its window."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    budget: str
    """Its name."""
    depth: int
    """How many budgets stand above it."""
    parent: str | None
    """The one above it."""
    per: str | None
    """What there is one of these budgets for each of."""
    key: str | None
    """Which of them this is; NULL where `per` is."""
    window: str
    """Calendar unit, or duration of a rolling window."""
    since: datetime
    """Start of the window."""
    until: datetime
    """End of the window, exclusive; a rolling one ends now."""
    currency: str
    """Of all amounts but `other_currencies`."""
    amount: Decimal
    """What may be spent."""
    spent: Decimal | None
    """Cost of the window's priced calls; NULL when there are calls and none is priced."""
    left: Decimal | None
    """Amount minus spend; negative when it is crossed."""
    share: float | None
    """Spend divided by amount, a fraction."""
    level: float | None
    """Highest level reached, a percentage of the amount; NULL when none is."""
    calls: int
    """Calls of the window that pass the filters."""
    unpriced_calls: int
    """Of these, without a known cost: the spend is a lower bound when there are any."""
    unpriced_reasons: dict[str, int]
    """Why, and how often."""
    other_currencies: dict[str, Decimal]
    """Spend in other currencies, which is not part of `spent`."""
    days: int
    """Days of 24 h before now that burn rate and forecast rest on; at most 28, and no earlier than the first stored call."""
    burn_per_day: float | None
    """Mean spend of those days; NULL without one, or when none of their calls is priced."""
    crosses: datetime | None
    """When the spend is expected to reach the amount; NULL when not before the window ends (a rolling one: within its
    length), when it has already, or when fewer than two days are known."""
    crosses_earliest: datetime | None
    """Lower end of the 95 % interval of that time; NULL likewise."""
    crosses_latest: datetime | None
    """Upper end; NULL also when it may not be crossed at all."""
    parts_amount: Decimal | None
    """Sum of the amounts of the budgets right below it; NULL when there is none, or one of them is per something."""
    parts_spent: Decimal | None
    """Sum of their spends; a call that passes the filters of two counts in both."""

    def reached(self, level: float) -> bool:
        """Say whether the spend is known to be at least `level` % of the amount."""
        return self.spent is not None and self.spent >= threshold(self.amount, level)


class BudgetStatus(BaseModel):
    """Every budget at one moment."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    at: datetime
    """The moment."""
    snapshot: int
    """Number of the store's snapshot."""
    n: int
    """Calls in the store that started before the moment."""
    forecast_method: str
    """How times of crossing are predicted."""
    budgets: list[Spending]
    """Parents before their parts; of a budget per something, those with the largest spend first."""
    notes: list[str]
    """What does not fit or is missing."""


def budget_status(
    con: duckdb.DuckDBPyConnection,
    budgets: Mapping[str, Budget],
    *,
    at_ns: int | None = None,
    forecast: bool = True,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> BudgetStatus:
    """Return how much of each budget is spent at a moment (default: now), and when it will be crossed.

    `con` is a connection of `otel_cert.connect()`. Without `forecast`, burn rates and times of crossing are left out.
    `progress` is told (what, done, total).
    """
    at_ns = time.time_ns() if at_ns is None else at_ns
    [(number, n, first_ns)] = con.execute(_EXTENT, {"at_ns": at_ns}).fetchall()
    days = min(MOST_DAYS, (at_ns - first_ns) // _DAY_NS) if forecast and first_ns is not None else 0
    found: list[Spending] = []
    notes = [f"no forecast: it needs two days of 24 h, and {days} are stored"] if forecast and days < 2 else []
    for done, (name, depth) in enumerate(ordered(budgets), 1):
        budget = budgets[name]
        period = window(budget.window, zone(budget.timezone), at_ns)
        step_ns = -((period.start_ns - period.end_ns) // _PARTS)
        now = sums(con, budgets, name, period.start_ns, at_ns, step_ns)
        before = sums(con, budgets, name, at_ns - days * _DAY_NS, at_ns, _DAY_NS) if days else {}
        if budget.per and (unknown := now.pop(None, None)):
            notes.append(f"{name}: {unknown.calls:,} calls without a {budget.per} are in none of its budgets")
        for key in now if budget.per else ("total",):
            spent, line = now.get(key, Sum()), _line(before.get(key, Sum()), days)
            found.append(
                Spending(
                    budget=name,
                    depth=depth,
                    parent=budget.parent,
                    per=budget.per,
                    key=key if budget.per else None,
                    **_window(budget, period),
                    **_spent(budget, spent),
                    **_forecast(budget, period, at_ns, spent, line),
                    parts_amount=None,
                    parts_spent=None,
                )
            )
        progress("budgets", done, len(budgets))
    found = [_with_parts(one, budgets, found) for one in found]
    notes += (
        f"{one.budget}: its parts have {one.parts_amount} {one.currency}, more than its own {one.amount}"
        for one in found
        if one.parts_amount is not None and one.parts_amount > one.amount
    )
    return BudgetStatus(at=_time(at_ns), snapshot=number, n=n, forecast_method=METHOD, budgets=found, notes=notes)


_EXTENT = """
    SELECT any_value(number), count(start_unix_ns), min(start_unix_ns) FILTER (start_unix_ns > 0)
    FROM snapshot LEFT JOIN genai_calls ON start_unix_ns < $at_ns
"""


def _line(before: Sum, days: int) -> list[float]:
    """Return the spend of each day before, 0 where nothing was spent; none when no call is priced."""
    if before.calls and before.unpriced.total() == before.calls:
        return []
    return [float(before.by_age.get(age, 0)) for age in range(days)]


def _window(budget: Budget, period: Window) -> dict[str, Any]:
    return {"window": budget.window, "since": _time(period.start_ns), "until": _time(period.end_ns)}


def _spent(budget: Budget, total: Sum) -> dict[str, Any]:
    unpriced = total.unpriced.total()
    spent = total.cost.get(budget.currency, None if total.calls and unpriced == total.calls else Decimal(0))
    reached = [one for one in budget.levels if spent is not None and spent >= threshold(budget.amount, one)]
    return {
        "currency": budget.currency,
        "amount": budget.amount,
        "spent": spent,
        "left": None if spent is None else budget.amount - spent,
        "share": None if spent is None else float(spent / budget.amount),
        "level": max(reached, default=None),
        "calls": total.calls,
        "unpriced_calls": unpriced,
        "unpriced_reasons": dict(total.unpriced),
        "other_currencies": {code: cost for code, cost in total.cost.items() if code != budget.currency},
    }


def threshold(amount: Decimal, level: float) -> Decimal:
    """Return the spend at which a level, a percentage of `amount`, is reached."""
    return amount * Decimal(repr(level)) / 100


def _forecast(budget: Budget, period: Window, at_ns: int, total: Sum, days: list[float]) -> dict[str, Any]:
    horizon_ns = period.end_ns - (period.start_ns if period.rolling else at_ns)
    leaving = [float(total.by_age.get(age, 0)) for age in reversed(range(_PARTS))] if period.rolling else []
    left = float(budget.amount - total.cost.get(budget.currency, 0))
    when = crossing(left, days, horizon_ns / _DAY_NS, leaving)

    def moment(ahead: float | None) -> datetime | None:
        return None if ahead is None else _time(at_ns + round(ahead * _DAY_NS))

    return {
        "days": len(days),
        "burn_per_day": sum(days) / len(days) if days else None,
        "crosses": moment(when.expected),
        "crosses_earliest": moment(when.earliest),
        "crosses_latest": moment(when.latest),
    }


def _with_parts(one: Spending, budgets: Mapping[str, Budget], found: Sequence[Spending]) -> Spending:
    parts = [name for name, budget in budgets.items() if budget.parent == one.budget]
    if not parts:
        return one
    spent = [other.spent for other in found if other.budget in parts and other.spent is not None]
    per = any(budgets[name].per for name in parts)
    amount = None if per else sum((budgets[name].amount for name in parts), Decimal(0))
    return one.model_copy(update={"parts_amount": amount, "parts_spent": sum(spent, Decimal(0))})


def _time(unix_ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=unix_ns // 1000)
