"""One group's series, judged hour by hour or day by day against its own baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from otel_cert.costs.baseline import NONE, SEASONS, Counts, Expectation, Flags, Floats, expect

Metric = Literal["cost", "calls", "tokens", "cost_per_call"]
Interval = Literal["hour", "day"]
Reason = Literal["too_little_history", "incomplete", "unknown", "no_calls"]
Outcome = Reason | Literal["usual", "spike", "drop"]

UNITS: Mapping[Metric, float] = {"cost": 0.01, "calls": 1, "tokens": 1000, "cost_per_call": 0.0001}
"""Metric -> a difference that means nothing."""

_PERIODS = {season.method: season.period for seasons in SEASONS.values() for season in seasons}


@dataclass(frozen=True)
class Series:
    """The hours or days of one group, without gaps, and what was to be expected of each."""

    key: str | None
    currency: str | None
    metric: Metric
    window: int
    """Intervals before each that make its baseline."""
    rows: Sequence[Mapping[str, Any]]
    """Of the question `series`."""
    amounts: Sequence[Decimal | float | None]
    """The metric, exact; None = not known."""
    values: Floats
    """The same as numbers, NaN = not known."""
    expectation: Expectation

    @classmethod
    def of(
        cls, rows: Sequence[Mapping[str, Any]], metric: Metric, interval: Interval, window: int, threshold: float
    ) -> Series:
        """Return the series of one group's rows."""
        amounts = [_amount(row, metric) for row in rows]
        values = np.array([np.nan if amount is None else float(amount) for amount in amounts])
        # What is not whole is no part of a baseline; the last one, which is in none, is still compared.
        cut = np.array([not row["whole"] for row in rows[:-1]] + [False])
        expectation = expect(
            np.where(cut, np.nan, values),
            SEASONS[interval],
            window=window,
            unit=UNITS[metric],
            threshold=threshold,
            sizes=np.array([float(row["priced_calls"]) for row in rows]) if metric == "cost_per_call" else None,
        )
        return cls(rows[0]["key"], rows[0]["currency"], metric, window, rows, amounts, values, expectation)

    def outcomes(self, min_change: float) -> list[Outcome]:
        """Say of every interval whether it is usual, and otherwise how it is not, or why that cannot be said."""
        expected, values = self.expectation, self.values
        enough = np.abs(values - expected.expected) >= min_change
        spikes, drops = enough & (values > expected.high), enough & (values < expected.low)
        return [self._outcome(i, bool(spikes[i]), bool(drops[i])) for i in range(len(self.rows))]

    def _outcome(self, i: int, spike: bool, drop: bool) -> Outcome:
        row = self.rows[i]
        # A sum only grows: what is above the range of a whole interval before its end stays above it.
        if not row["whole"] and not (spike and i == len(self.rows) - 1 and self.metric != "cost_per_call"):
            return "incomplete"
        if np.isnan(self.values[i]):
            return "unknown" if row["calls"] else "no_calls"
        if self.expectation.method[i] == NONE:
            return "too_little_history"
        return "spike" if spike else "drop" if drop else "usual"

    def typical(self, i: int) -> Counts:
        """Return which intervals of the baseline of `i` are in its range; all of them if none is.

        Of a seasonal baseline, only those of the same phase.
        """
        before = np.arange(max(i - self.window, 0), i)
        same = (i - before) % _PERIODS.get(str(self.expectation.method[i]), 1) == 0
        whole: Flags = np.array([row["whole"] for row in self.rows[before[0] : i]])
        known = before[same & whole & ~np.isnan(self.values[before])]
        values = self.values[known]
        usual: Counts = known[(values >= self.expectation.low[i]) & (values <= self.expectation.high[i])]
        return usual if len(usual) else known


def _amount(row: Mapping[str, Any], metric: Metric) -> Decimal | float | None:
    """Return the metric of an interval: without calls nothing was spent, but a mean of nothing is not known."""
    match metric:
        case "calls":
            return int(row["calls"])
        case "tokens":
            return row["tokens"] if row["calls"] else 0
        case "cost":
            return row["cost"] if row["calls"] else Decimal(0)
        case "cost_per_call":
            return None if row["cost"] is None else float(row["cost"]) / row["priced_calls"]
