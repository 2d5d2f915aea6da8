"""Whether chances mean what they say: of what is given 80 %, 80 % should be so.

Brier (1950), Monthly Weather Review 78:1-3. Expected calibration error: Naeini, Cooper and Hauskrecht (2015), AAAI.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from otel_cert.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows with a chance from `low` to below `high`; the last bin holds 1 too."""

    low: float
    high: float
    n: int
    predicted: float
    """Mean chance."""
    observed: float
    """Share that is so."""
    observed_low: float
    """Wilson interval of that share, 95 %."""
    observed_high: float


def reliability(chance: ArrayLike, so: ArrayLike, bins: int = 10) -> list[Bin]:
    """Return what is observed per bin of equal width; empty bins are left out."""
    p, y = _checked(chance, so)
    which = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for number in range(bins):
        inside = which == number
        n, hits = int(inside.sum()), int(y[inside].sum())
        if bounds := wilson(hits, n):
            mean = float(p[inside].mean())
            found.append(Bin(number / bins, (number + 1) / bins, n, mean, hits / n, *bounds))
    return found


def expected_calibration_error(chance: ArrayLike, so: ArrayLike, bins: int = 10) -> float | None:
    """Return the mean distance of predicted from observed over bins, weighted by their rows; None without rows."""
    found = reliability(chance, so, bins)
    n = sum(one.n for one in found)
    return sum(one.n * abs(one.predicted - one.observed) for one in found) / n if n else None


def brier(chance: ArrayLike, so: ArrayLike) -> float | None:
    """Return the mean squared distance of chance from outcome; None without rows."""
    p, y = _checked(chance, so)
    return float(np.mean((p - y) ** 2)) if len(p) else None


def _checked(chance: ArrayLike, so: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    p, y = np.asarray(chance, dtype=np.float64), np.asarray(so, dtype=bool)
    if p.shape != y.shape or p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("chances, 0 to 1, and outcomes are two rows of equal length")
    return p, y
