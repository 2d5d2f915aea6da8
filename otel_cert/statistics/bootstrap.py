"""Percentile bootstrap intervals, resampled by cluster: answers of one conversation or document are not independent.

Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13; of whole clusters: Davison and Hinkley (1997),
"Bootstrap Methods and their Application", section 3.8. A resample is written as weights: how often each row is in it. So a
statistic is a function of weights, and all resamples are computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from otel_cert.statistics.intervals import wilson

Array = NDArray[np.float64]
Statistic = Callable[[Array], Array]
"""From weights, (resamples, rows), to one value per resample; NaN where it is not defined."""

_CELLS = 2_000_000
"""Weights held at once: 16 MB."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """An interval from resamples."""

    low: float
    high: float
    clusters: int
    """What was drawn with replacement."""
    samples: int
    """Resamples in which the statistic is defined, e.g. that hold both classes."""


def weights(clusters: Sequence[Hashable], samples: int, seed: int = 0) -> Iterator[Array]:
    """Yield blocks of resamples as weights (at most `samples`, rows); the same seed gives the same ones.

    Args:
        clusters: which cluster each row is of; rows of a cluster are drawn together.
        samples: how many resamples, over all blocks.
        seed: of the random numbers (PCG64).

    """
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    member = np.array([names[name] for name in clusters], dtype=np.intp)
    drawn = np.random.Generator(np.random.PCG64(seed))
    size = max(1, _CELLS // max(1, len(member)))
    for start in range(0, samples, size):
        block = min(size, samples - start)
        picks = drawn.integers(0, len(names), size=(block, len(names)))
        picks += np.arange(block)[:, None] * len(names)
        counts = np.bincount(picks.ravel(), minlength=block * len(names)).reshape(block, len(names))
        yield counts[:, member].astype(np.float64)


def bootstrap(
    statistic: Statistic, clusters: Sequence[Hashable], *, samples: int = 1000, seed: int = 0, level: float = 0.95
) -> Resampled | None:
    """Return the percentile interval of a statistic; None with fewer than two clusters, or if it is hardly ever defined."""
    drawn = len(set(clusters))
    if drawn < 2:
        return None
    values = np.concatenate([statistic(block) for block in weights(clusters, samples, seed)])
    values = values[np.isfinite(values)]
    if 2 * len(values) < samples:  # half of the resamples say nothing: what the others say is no interval
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Resampled(float(low), float(high), drawn, len(values))


def mean(values: Array) -> Statistic:
    """Return the statistic: the mean of one value per row."""

    def weighted(weight: Array) -> Array:
        with np.errstate(invalid="ignore"):
            result: Array = (weight @ values) / weight.sum(axis=1)
        return result

    return weighted


def share(hits: Sequence[bool], clusters: Sequence[Hashable]) -> tuple[float, float] | None:
    """Return the 95 % interval of a share; None with fewer than two clusters.

    Wilson's when every row is a cluster of its own; also where all rows agree, with the clusters as trials, because
    resamples could not differ. Else the percentile interval of 1,000 resamples of whole clusters, with the seed 0.
    """
    drawn = len(set(clusters))
    if drawn < 2:
        return None
    if drawn == len(hits):
        return wilson(sum(hits), len(hits))
    if all(hits) or not any(hits):
        return wilson(drawn if hits[0] else 0, drawn)
    found = bootstrap(mean(np.asarray(hits, dtype=np.float64)), clusters)
    return (found.low, found.high) if found else None
