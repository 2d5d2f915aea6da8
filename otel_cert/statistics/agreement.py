"""How far raters agree beyond chance: Cohen's kappa of two raters, Krippendorff's alpha of any number.

Cohen (1960), Educational and Psychological Measurement 20:37-46; its large-sample standard error from Fleiss, Cohen and
Everitt (1969), Psychological Bulletin 72:323-327. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from otel_cert.statistics.bootstrap import Array, bootstrap

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient: 1 = full agreement, 0 = as much as by chance."""

    value: float
    low: float | None
    """Lower bound at 95 %; None where it cannot be told."""
    high: float | None
    n: int
    """Units that at least two raters rated."""


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Agreement | None:
    """Return the agreement of two raters over the same units; None without units, or when all values are the same."""
    if len(first) != len(second):
        raise ValueError("two raters of the same units")
    if not first:
        return None
    names = {name: number for number, name in enumerate(dict.fromkeys((*first, *second)))}
    table = np.zeros((len(names), len(names)))
    for one, other in zip(first, second, strict=True):
        table[names[one], names[other]] += 1
    p = table / len(first)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = float(rows @ columns)
    if chance == 1:
        return None
    kappa = (float(np.trace(p)) - chance) / (1 - chance)
    half = _Z * sqrt(_kappa_variance(p, rows, columns, chance, kappa) / len(first))
    if not half:  # full agreement has no spread to compute an interval from, however few the units
        return Agreement(kappa, None, None, len(first))
    return Agreement(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), len(first))


def _kappa_variance(p: Array, rows: Array, columns: Array, chance: float, kappa: float) -> float:
    """Return n times the variance, formula 13 of Fleiss, Cohen and Everitt."""
    agreed = np.diag(p) @ (1 - (rows + columns) * (1 - kappa)) ** 2
    squares = p * (columns[:, None] + rows[None, :]) ** 2
    differed = (1 - kappa) ** 2 * (squares.sum() - np.trace(squares))
    return max(0.0, float(agreed + differed - (kappa - chance * (1 - kappa)) ** 2)) / (1 - chance) ** 2


def krippendorff_alpha(
    units: Sequence[Mapping[str, Any]],
    level: Literal["nominal", "ordinal"] = "nominal",
    *,
    samples: int = 1000,
    seed: int = 0,
) -> Agreement | None:
    """Return the agreement of raters who need not have rated every unit, with a bootstrap interval over units.

    Args:
        units: rater -> value, per unit; who did not rate is left out. Units with fewer than two values count for nothing.
        level: `ordinal` compares by rank, in the sorting order of the values.
        samples: resamples of the interval.
        seed: of the resamples.

    Returns None without such units, or when all values are the same: there is no chance to agree by.

    """
    rated = [list(unit.values()) for unit in units if len(unit) > 1]
    if not rated:
        return None
    names = {name: number for number, name in enumerate(sorted({value for unit in rated for value in unit}))}
    pairs = np.stack([_coincidences([names[value] for value in unit], len(names)) for unit in rated])

    def statistic(weights: Array) -> Array:
        return _alpha(np.einsum("mu,uab->mab", weights, pairs), level)

    value = float(statistic(np.ones((1, len(rated))))[0])
    if np.isnan(value):
        return None
    found = bootstrap(statistic, range(len(rated)), samples=samples, seed=seed)
    return Agreement(value, found.low if found else None, found.high if found else None, len(rated))


def _coincidences(values: Sequence[int], categories: int) -> Array:
    """Return how often each pair of categories meets in a unit; the pairs of one value weigh 1 together."""
    counts = np.bincount(values, minlength=categories).astype(np.float64)
    return (np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1)


def _alpha(coincidences: Array, level: str) -> Array:
    """Return alpha from coincidence matrices (m, categories, categories)."""
    totals = coincidences.sum(axis=2)
    n = totals.sum(axis=1)
    distance: Array
    if level == "nominal":
        distance = (1 - np.eye(totals.shape[1]))[None]
    else:
        middle = np.cumsum(totals, axis=1) - totals / 2  # the mean rank of each category
        distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    observed = (coincidences * distance).sum(axis=(1, 2))
    by_chance = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = 1 - (n - 1) * observed / by_chance
    return np.where(by_chance > 0, result, np.nan)
