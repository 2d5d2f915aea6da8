"""What a calendar month will have cost: spent so far, and the mean of its complete days for each day left.

Whatever the window of an answer is, the projection is of the month in which it ends, from the daily sums since that
month's first day. The interval is a prediction interval for the sum of the days left, by Student's t (Hahn and Meeker,
Statistical Intervals, 1991, section 4.7); it takes days for alike and independent, and never goes below what is spent.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from otel_cert.costs.answer import DAY_NS, Extent, Model, Money, iso

METHOD = "spent so far + days left x mean of the complete days; 95 % prediction interval of the days left, Student's t"
LEVEL = 0.95

# fmt: off
_T = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
)
"""Quantile 0.975 of Student's t for 1, 2 ... degrees of freedom: a month has at most 31 days."""
# fmt: on


@dataclass(frozen=True)
class Month:
    """A calendar month, UTC; ns since 1970."""

    start_ns: int
    end_ns: int

    @classmethod
    def of(cls, unix_ns: int) -> Month:
        """Return the month of a moment."""
        start = datetime.fromtimestamp(unix_ns // 10**9, UTC).replace(day=1, hour=0, minute=0, second=0)
        return cls(_ns(start), _ns((start + timedelta(days=32)).replace(day=1)))

    def holds(self, unix_ns: int) -> bool:
        """Say whether a moment is in it."""
        return self.start_ns <= unix_ns < self.end_ns

    def __str__(self) -> str:
        return datetime.fromtimestamp(self.start_ns // 10**9, UTC).strftime("%Y-%m")


class Projection(Model):
    """The projection of one month in one currency."""

    month: str
    """Calendar month, UTC: `2026-11`."""
    currency: str
    """ISO 4217 code of the amounts."""
    as_of: str
    """Up to when spend is known: the end of the window, or the last call where that is more than an hour before."""
    spent: Money
    """Cost of the month's priced calls so far."""
    complete_days: int
    """Days of the month that are over, covered by the store, and have a known cost: what the mean is of."""
    daily_mean: float | None
    """Mean cost of these days; null when there is none."""
    days_left: float
    """Days from `as_of` to the end of the month."""
    expected: float | None
    """Projected cost of the month; null when no day is complete."""
    low: float | None
    """Lower bound of the 95 % interval; null with fewer than two complete days."""
    high: float | None
    """Upper bound."""
    method: str
    """How `expected`, `low` and `high` are computed."""


def complete_days(extent: Extent, since_ns: int, until_ns: int) -> list[int]:
    """Return the start of each UTC day that lies between the two and that the store covers."""
    if extent.first_ns is None or extent.last_ns is None:
        return []
    first = max(since_ns, extent.first_ns - DAY_NS) // DAY_NS * DAY_NS
    last = min(until_ns, extent.last_ns + DAY_NS)
    days = range(first, last, DAY_NS)
    return [day for day in days if day >= since_ns and day + DAY_NS <= until_ns and extent.covers(day, day + DAY_NS)]


def known(days: list[int], costs: Mapping[int, Decimal | None]) -> list[float]:
    """Return the cost of each day: 0 without calls; a day on which nothing is priced is left out."""
    return [float(cost) for cost in (costs.get(day, Decimal(0)) for day in days) if cost is not None]


def project(
    month: Month, as_of_ns: int, currency: str, costs: Mapping[int, Decimal | None], extent: Extent
) -> Projection:
    """Return the projection of `month` from daily costs, {start of day: cost; None = unknown}."""
    spent = sum((cost for day, cost in costs.items() if cost and month.holds(day)), Decimal(0))
    sample = known(complete_days(extent, month.start_ns, as_of_ns), costs)
    left = (month.end_ns - as_of_ns) / DAY_NS
    mean = statistics.fmean(sample) if sample else None
    half = _half_width(sample, left)
    expected = float(spent) + left * mean if mean is not None else None
    return Projection(
        month=str(month),
        currency=currency,
        as_of=iso(as_of_ns),
        spent=spent,
        complete_days=len(sample),
        daily_mean=mean,
        days_left=left,
        expected=expected,
        low=None if expected is None or half is None else max(expected - half, float(spent)),
        high=None if expected is None or half is None else expected + half,
        method=METHOD,
    )


def _half_width(sample: list[float], left: float) -> float | None:
    """Return half the width of the prediction interval for the sum of `left` further days."""
    if len(sample) < 2:
        return None
    return _T[len(sample) - 2] * statistics.stdev(sample) * math.sqrt(left + left**2 / len(sample))


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9
