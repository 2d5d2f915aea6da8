"""How well a score ranks two classes: ROC and precision-recall curves, and the areas below them; ties count as ties.

Area below the ROC curve: Hanley and McNeil (1982), Radiology 143:29-36, the chance that a positive ranks above a negative,
ties half. Average precision: the sum over thresholds of precision times gained recall, without interpolation, which would
be too optimistic (Davis and Goadrich 2006, ICML).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from otel_cert.statistics.bootstrap import Array


@dataclass(frozen=True, slots=True)
class Point:
    """What flagging everything from a score on finds."""

    threshold: float
    """Lowest score that is flagged."""
    recall: float
    """Share of the positives that is flagged: the true positive rate."""
    false_positive_rate: float
    """Share of the negatives that is flagged."""
    precision: float
    """Share of the flagged that is positive."""


class Ranking:
    """Rows in order of their score, the highest first.

    Args:
        positive: (n,) whether a row is of the class to be found.
        score: (n,) higher = more likely positive; finite.

    """

    def __init__(self, positive: ArrayLike, score: ArrayLike) -> None:
        flags, scores = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
        if flags.shape != scores.shape or flags.ndim != 1 or not np.isfinite(scores).all():
            raise ValueError("positive and score are two rows of equal length, the scores finite")
        self._order = np.argsort(-scores, kind="stable")
        self._positive = flags[self._order].astype(np.float64)
        descending = scores[self._order]
        self._starts = (
            np.flatnonzero(np.r_[True, descending[1:] != descending[:-1]]) if len(scores) else np.array([], int)
        )
        self._thresholds = descending[self._starts]

    def roc_auc(self, weights: Array | None = None) -> Array:
        """Return the area below the ROC curve for each row of weights (m, n), or (1,) without; NaN with one class only."""
        positive, negative = self._groups(weights)
        above = np.cumsum(negative, axis=1) - negative / 2
        totals = positive.sum(axis=1), negative.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Array = 1 - (positive * above).sum(axis=1) / (totals[0] * totals[1])
        return np.where((totals[0] > 0) & (totals[1] > 0), result, np.nan)

    def average_precision(self, weights: Array | None = None) -> Array:
        """Return the average precision, likewise; NaN without a positive."""
        positive, negative = self._groups(weights)
        found, flagged = np.cumsum(positive, axis=1), np.cumsum(positive + negative, axis=1)
        precision = np.divide(found, flagged, out=np.zeros_like(found), where=flagged > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Array = (positive * precision).sum(axis=1) / positive.sum(axis=1)
        return result

    def points(self) -> list[Point]:
        """Return the curves' points, one per distinct score, the highest first; without both classes there are none."""
        positive, negative = (groups[0] for groups in self._groups(None))
        if not positive.sum() or not negative.sum():
            return []
        found, wrong = np.cumsum(positive), np.cumsum(negative)
        columns = (self._thresholds, found / found[-1], wrong / wrong[-1], found / (found + wrong))
        return [Point(*map(float, row)) for row in zip(*columns, strict=True)]

    def _groups(self, weights: Array | None) -> tuple[Array, Array]:
        """Return the weight of positives and of negatives per distinct score, each (m, distinct)."""
        weight = np.ones((1, len(self._order))) if weights is None else weights[:, self._order]
        if not len(self._order):
            return np.zeros((len(weight), 0)), np.zeros((len(weight), 0))
        positive: NDArray[np.float64] = np.add.reduceat(weight * self._positive, self._starts, axis=1)
        every: NDArray[np.float64] = np.add.reduceat(weight, self._starts, axis=1)
        return positive, every - positive
