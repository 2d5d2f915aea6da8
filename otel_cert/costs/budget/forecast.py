"""When a budget will be crossed, if the days to come are like those before.

The spend of `h` days to come is predicted from the `n` days of 24 h before now, with mean m and standard deviation s, as
m h, with the 95 % prediction interval m h +- t s sqrt(h + h^2 / n), t of Student with n - 1 degrees of freedom (Hahn and
Meeker, Statistical Intervals, 1991, 4.8: the sum of future values of a normal distribution). It takes days as independent,
and spend as even within a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otel_cert.statistics.intervals import student

METHOD = "mean and Student-t prediction interval (95 %) of the days of 24 h before"
MOST_DAYS = 28
"""Days that a forecast looks back."""
_STEPS = 24
"""A day to come is looked at so many times."""


@dataclass(frozen=True)
class Crossing:
    """In how many days; None: not within the time looked at."""

    expected: float | None = None
    earliest: float | None = None
    latest: float | None = None


def crossing(left: float, days: Sequence[float], horizon: float, leaving: Sequence[float] = ()) -> Crossing:
    """Return when the spend to come reaches `left`.

    Args:
        left: what may still be spent; already crossed when it is not positive.
        days: spend of the days of 24 h before now; no forecast from fewer than two.
        horizon: how many days to look ahead.
        leaving: spend that leaves a rolling window, in as many equal parts of the horizon, first the oldest.

    """
    if left <= 0 or len(days) < 2 or horizon <= 0:
        return Crossing()
    n, spent = len(days), np.asarray(days)
    ahead = np.linspace(0, horizon, max(2, round(horizon * _STEPS) + 1))[1:]
    freed = np.interp(ahead, np.linspace(0, horizon, len(leaving) + 1), np.cumsum([0.0, *leaving]))
    mean = spent.mean() * ahead - freed
    half = student(n) * spent.std(ddof=1) * np.sqrt(ahead + ahead**2 / n)
    return Crossing(*(_first(ahead, line >= left) for line in (mean, mean + half, mean - half)))


def _first(ahead: np.typing.NDArray[np.float64], crossed: np.typing.NDArray[np.bool_]) -> float | None:
    return float(ahead[crossed.argmax()]) if crossed.any() else None
