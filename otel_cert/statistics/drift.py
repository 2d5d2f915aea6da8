"""Whether two parts of a period differ, how much, and what difference would have been found: on counts per bin, numpy only.

Numbers: the two-sample statistic of Kolmogorov and Smirnov (Smirnov 1948, Annals of Mathematical Statistics 19:279-281),
its chance by the asymptotic distribution with Stephens's correction (1970, J. Royal Statistical Society B 32:115-122). On
bins it can only be smaller than on the values themselves, and so is its alarm rate. Categories: the population stability
index, which is Jeffreys's divergence; times n m / (n + m) it is distributed as chi-square where nothing changed (Yurdakul
and Naranjo 2020, Journal of Risk Model Validation 14(4):89-100). Shares: the test of two proportions with a pooled variance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erfc, exp, lgamma, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from otel_cert.statistics.bootstrap import Array

_NORMAL = NormalDist()
_HALF = 0.5
"""Added to each bin of a category, so that one that is empty on a side has a finite part in the index."""
_SMALL = 1e-12


@dataclass(frozen=True, slots=True)
class Drift:
    """A comparison."""

    statistic: float
    """Largest distance of the distribution functions; stability index; or difference of shares, later minus earlier."""
    p: float
    """Chance of a statistic as extreme when nothing changed."""
    detectable: float
    """Smallest true value that is found with a chance of at least `power` at `alpha`; distances are at most 1."""


def numbers(
    before: ArrayLike, after: ArrayLike, *, worth: tuple[float, float] = (1, 1), alpha: float = 0.05, power: float = 0.8
) -> Drift | None:
    """Compare two distributions of numbers; None when a side is empty.

    What is detectable is a bound: at the place of the largest distance the estimate has a standard deviation of at most half
    of 1 / sqrt(n m / (n + m)) (Massey 1950, Annals of Mathematical Statistics 21:440-443).

    Args:
        before: counts per bin, in the order of the numbers.
        after: counts in the same bins.
        worth: independent observations per count, of each side: below 1 where several are of one conversation.
        alpha: false-alarm rate of this comparison.
        power: chance to find what is called detectable.

    """
    sides = _sides(before, after, worth)
    if sides is None:
        return None
    first, second, n = sides
    distance = float(np.abs(np.cumsum(first) - np.cumsum(second)).max())
    limit = _kolmogorov_limit(alpha) / sqrt(n)
    detectable = limit + _NORMAL.inv_cdf(power) * 0.5 / sqrt(n)
    return Drift(distance, _kolmogorov((sqrt(n) + 0.12 + 0.11 / sqrt(n)) * distance), min(1.0, detectable))


def categories(
    before: ArrayLike, after: ArrayLike, *, worth: tuple[float, float] = (1, 1), alpha: float = 0.05, power: float = 0.8
) -> Drift | None:
    """Compare two distributions over categories; None when a side is empty or there is one category. Arguments as above."""
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    sides = _sides(first + _HALF * (first.sum() > 0), second + _HALF * (second.sum() > 0), worth)
    if sides is None or len(first) < 2:
        return None
    p, q, n = sides
    index = float(np.sum((q - p) * np.log(q / p)))
    freedom = len(first) - 1
    return Drift(index, chi_square_tail(n * index, freedom), _noncentrality(freedom, alpha, power) / n)


def shares(
    before: tuple[int, int], after: tuple[int, int], *, worth: tuple[float, float] = (1, 1), alpha: float = 0.05,
    power: float = 0.8,
) -> Drift | None:  # fmt: skip
    """Compare two proportions, each (hits, trials); None without trials on a side. Arguments as above.

    What is detectable is a difference from the earlier share, by the normal approximation (Fleiss, Levin and Paik 2003,
    "Statistical Methods for Rates and Proportions", chapter 4), at a share that is at least one hit in all.
    """
    (a, n), (b, m) = before, after
    if not n or not m:
        return None
    worths = n * worth[0], m * worth[1]
    pooled, harmonic = (a + b) / (n + m), worths[0] * worths[1] / (worths[0] + worths[1])
    deviation = sqrt(pooled * (1 - pooled) / harmonic)
    difference = b / m - a / n
    p = erfc(abs(difference) / deviation / sqrt(2)) if deviation else 1.0
    assumed = min(max(pooled, 1 / (n + m)), 1 - 1 / (n + m)) if n + m > 1 else 0.5
    reach = _NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)
    return Drift(difference, p, min(1.0, reach * sqrt(assumed * (1 - assumed) / harmonic)))


def holm(chances: Sequence[float]) -> list[float]:
    """Return the chances corrected for their number, in the order given (Holm 1979, Scand. J. Statistics 6:65-70)."""
    adjusted = [0.0] * len(chances)
    least = 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        least = max(least, min(1.0, (len(chances) - rank) * chances[place]))
        adjusted[place] = least
    return adjusted


def chi_square_tail(x: float, freedom: int) -> float:
    """Return the chance that a chi-square variable is beyond `x`: Q(freedom / 2, x / 2).

    Series and continued fraction of the incomplete gamma function: Abramowitz and Stegun (1964), 6.5.29 and 6.5.31.
    """
    a, x = freedom / 2, x / 2
    if x <= 0:
        return 1.0
    scale = exp(a * log(x) - x - lgamma(a))
    return 1 - scale * _series(a, x) if x < a + 1 else scale * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    k = a
    while abs(term) > abs(total) * _SMALL:
        k += 1
        term *= x / k
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """Evaluate the continued fraction from its front (Lentz 1976)."""
    b = x + 1 - a
    c, d = 1e300, 1 / b
    value, change, i = d, 0.0, 0
    while abs(change - 1) > _SMALL:
        i += 1
        factor = -i * (i - a)
        b += 2
        d = 1 / (factor * d + b)
        c = b + factor / c
        change = c * d
        value *= change
    return value


def _kolmogorov(x: float) -> float:
    """Return the chance that Kolmogorov's limit distribution is beyond `x`."""
    if x < 0.2:  # the series converges slowly there, and is 1 to 12 digits
        return 1.0
    return min(1.0, max(0.0, 2 * sum((1 if k % 2 else -1) * exp(-2 * k * k * x * x) for k in range(1, 101))))


def _kolmogorov_limit(alpha: float) -> float:
    return _least(lambda x: _kolmogorov(x) <= alpha, 10.0)


def _noncentrality(freedom: int, alpha: float, power: float) -> float:
    """Return the noncentrality at which a chi-square test finds something with chance `power`."""
    limit = _least(lambda x: chi_square_tail(x, freedom) <= alpha, 10.0 * (freedom + 10))
    return _least(lambda x: _noncentral_tail(limit, freedom, x) >= power, 10.0 * (freedom + 10))


def _noncentral_tail(x: float, freedom: int, noncentrality: float) -> float:
    """Return the tail of the noncentral chi-square distribution: a Poisson mixture of central ones."""
    half = noncentrality / 2
    most = int(half + 10 * sqrt(half) + 20)
    weights = (exp(k * log(half) - half - lgamma(k + 1)) if half else float(k == 0) for k in range(most))
    return sum(weight * chi_square_tail(x, freedom + 2 * k) for k, weight in enumerate(weights) if weight > _SMALL)


def _least(holds: Callable[[float], bool], high: float) -> float:
    """Return the least value up to `high` from which on `holds`, by bisection."""
    low = 0.0
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _sides(before: ArrayLike, after: ArrayLike, worth: tuple[float, float]) -> tuple[Array, Array, float] | None:
    """Return both as shares, and n m / (n + m) of what they are worth."""
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError("counts of the same bins")
    n, m = float(first.sum()), float(second.sum())
    if not n or not m:
        return None
    worths = n * worth[0], m * worth[1]
    return first / n, second / m, worths[0] * worths[1] / (worths[0] + worths[1])
