"""Intervals of a proportion and of a sum to come, at 95 %."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
_T = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
    2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518,
)  # fmt: skip
"""97.5 % quantiles of Student's t with 1 to 27 degrees of freedom."""


def wilson(successes: int, n: int) -> tuple[float, float] | None:
    """Return the score interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22:209-212); None without a trial."""
    if not n:
        return None
    share, width = successes / n, _Z * _Z / n
    centre = (share + width / 2) / (1 + width)
    half = sqrt(share * (1 - share) * width + width * width / 4) / (1 + width)
    return max(0.0, centre - half), min(1.0, centre + half)


def student(n: int) -> float:
    """Return the 97.5 % quantile of Student's t for the mean of `n` values, 2 to 28."""
    return _T[n - 2]
