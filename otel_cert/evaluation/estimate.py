"""Shares and means with 95 % intervals; rows of one document or conversation are resampled together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from otel_cert.measures.accuracy.result import Model
from otel_cert.statistics.bootstrap import Array, Resampled, Statistic, bootstrap, mean
from otel_cert.statistics.intervals import wilson


class Estimate(Model):
    """A figure with its 95 % interval."""

    value: float
    """The figure."""
    low: float | None
    """Lower bound; null where there is too little to tell."""
    high: float | None
    """Upper bound."""
    n: int
    """Answers it rests on."""
    interval: str
    """How the interval was computed, in words."""


def share(
    hits: Sequence[bool], clusters: Sequence[Hashable], weights: Sequence[float] | None = None
) -> Estimate | None:
    """Return the share of hits; None without rows.

    Wilson's interval when every row is a cluster of its own, else the bootstrap over clusters. When all rows or none are
    hits, resamples cannot differ: then Wilson's interval with the clusters as trials, which is wider.
    """
    n, drawn = len(hits), len(set(clusters))
    if not n:
        return None
    weighted = weights is not None and len(set(weights)) > 1
    values = np.asarray(hits, dtype=np.float64)
    if not weighted and drawn == n:
        return Estimate(value=sum(hits) / n, **_bounds(wilson(sum(hits), n)), n=n, interval="Wilson")
    if all(hits) or not any(hits):
        bounds = wilson(drawn if hits[0] else 0, drawn)
        return Estimate(value=float(hits[0]), **_bounds(bounds), n=n, interval=f"Wilson over {drawn:,} clusters")
    return estimate(mean(values), clusters, weights if weighted else None)


def estimate(
    statistic: Statistic, clusters: Sequence[Hashable], weights: Sequence[float] | None = None
) -> Estimate | None:
    """Return any statistic of the rows with its bootstrap interval; None where it is not defined.

    Args:
        statistic: of weights, as `bootstrap` takes it.
        clusters: which cluster each row is of.
        weights: how many answers each row stands for; None = one each.

    """
    n = len(clusters)
    if not n:
        return None
    factor = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)

    def weighted(weight: Array) -> Array:
        return statistic(weight * factor)

    value = float(weighted(np.ones((1, n)))[0])
    if np.isnan(value):
        return None
    found = bootstrap(weighted, clusters)
    return Estimate(value=value, **_resampled(found), n=n, interval=_said(found, n))


def _bounds(bounds: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = bounds or (None, None)
    return {"low": low, "high": high}


def _resampled(found: Resampled | None) -> dict[str, float | None]:
    return {"low": found.low if found else None, "high": found.high if found else None}


def _said(found: Resampled | None, n: int) -> str:
    if found is None:
        return "none: fewer than two clusters, or too few rows of a kind"
    what = "answers" if found.clusters == n else "clusters"
    return f"bootstrap of {found.clusters:,} {what}, {found.samples:,} resamples"
