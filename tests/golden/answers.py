"""What the commands must answer for the golden week, computed from the facts with arithmetic that one can follow by hand."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from .traffic import GOLDEN_DAY, Call, calls

PRICES = {
    # USD per million tokens: input, cached input, output; the providers' pages of November 2026.
    "gpt-4o-mini": ("0.15", "0.075", "0.60"),
    "gpt-4.1": ("2.00", "0.50", "8.00"),
    "claude-sonnet-4-5": ("3.00", "0.30", "15.00"),
    "text-embedding-3-small": ("0.02", "0.02", "0"),
}


def golden() -> list[Call]:
    """Return the calls of the golden week."""
    return [call for call in calls() if call.start >= GOLDEN_DAY]


def cost(call: Call) -> Decimal | None:
    """Return what a call cost, USD; None when it failed or nobody says what its model costs."""
    if call.input is None or call.output is None or call.asked not in PRICES:
        return None
    uncached, cached, output = (Decimal(price) / 10**6 for price in PRICES[call.asked])
    return (call.input - call.cached) * uncached + call.cached * cached + call.output * output


def total(of: Iterable[Call]) -> Decimal | None:
    """Return the sum of the known costs; None when none is known."""
    known = [amount for call in of if (amount := cost(call)) is not None]
    return sum(known, Decimal(0)) if known else None


def by(of: Iterable[Call], key: Callable[[Call], str]) -> dict[str, tuple[int, Decimal | None]]:
    """Return calls and cost per group."""
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in of:
        groups[key(call)].append(call)
    return {name: (len(group), total(group)) for name, group in groups.items()}


def unpriced(of: Iterable[Call]) -> Counter[str]:
    """Return how many calls have no cost, by reason."""
    return Counter("no_tokens" if call.answered is None else "no_price" for call in of if cost(call) is None)


def daily(of: Iterable[Call]) -> list[tuple[str, Decimal]]:
    """Return the cost of every day of the golden week."""
    per_day = by(of, lambda call: f"{call.day:%Y-%m-%d}")
    days = [f"{GOLDEN_DAY + timedelta(days=n):%Y-%m-%d}" for n in range(7)]
    return [(day, per_day.get(day, (0, None))[1] or Decimal(0)) for day in days]


def recorded_twice(of: Iterable[Call]) -> int:
    """Return how many records are of a call that another record is of too."""
    return sum(call.twice for call in of)


def week_before() -> list[Call]:
    """Return the calls of the week before."""
    return [call for call in calls() if GOLDEN_DAY - timedelta(days=7) <= call.start < GOLDEN_DAY]


def november() -> list[Call]:
    """Return the calls of November, of which the 1st and the golden week are known."""
    return [call for call in calls() if call.start >= GOLDEN_DAY - timedelta(days=1)]


def daily_mean(of: Iterable[Call]) -> float:
    """Return the mean cost of the whole days: all but the last, on which the store ends hours before midnight."""
    per_day = by(of, lambda call: f"{call.day:%Y-%m-%d}")
    return statistics.fmean(float(per_day[day][1] or 0) for day in sorted(per_day)[:-1])


def projected() -> float:
    """Return what November will have cost, USD: what was spent until the last call, and the daily mean for what is left."""
    spent = november()
    left = datetime(2026, 12, 1, tzinfo=UTC) - spent[-1].start
    return float(total(spent) or 0) + left / timedelta(days=1) * daily_mean(spent)


def repeated(of: Iterable[Call]) -> Decimal:
    """Return what equal requests cost but for the first in every 24 hours, counted from the first of all."""
    same = [call for call in of if call.repeated]
    periods = {(call.start - same[0].start) // timedelta(hours=24) for call in same}
    each = cost(same[0]) or Decimal(0)
    return each * (len(same) - len(periods))


def saved_by(of: Iterable[Call], model: str) -> Decimal:
    """Return how much less the same tokens cost at the price of another model."""
    return sum(
        ((cost(call) or Decimal(0)) - (cost(replace(call, asked=model)) or Decimal(0)) for call in of), Decimal(0)
    )
