"""What flagging at a threshold finds and misses: sensitivity, specificity, precision, F1, accuracy, Cohen's kappa.

The positive class is what is looked for. Each measure is a function of weights, as `bootstrap` wants it; NaN where it is
not defined, e.g. sensitivity without a positive. F1 is the harmonic mean of precision and sensitivity (van Rijsbergen 1979);
balanced accuracy is the mean of sensitivity and specificity (Brodersen et al. 2010, ICPR).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from otel_cert.statistics.bootstrap import Array, Statistic

Measure = Literal["accuracy", "balanced_accuracy", "sensitivity", "specificity", "precision", "f1", "kappa"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


class Detection:
    """Rows that are positive or not, and flagged or not.

    Args:
        positive: (n,) what a row is.
        flagged: (n,) what it was taken for.

    """

    def __init__(self, positive: ArrayLike, flagged: ArrayLike) -> None:
        is_, said = np.asarray(positive, dtype=bool), np.asarray(flagged, dtype=bool)
        if is_.shape != said.shape or is_.ndim != 1:
            raise ValueError("positive and flagged are two rows of equal length")
        cells = np.stack([is_ & said, ~is_ & said, is_ & ~said, ~is_ & ~said], axis=1)
        self._cells = cells.astype(np.float64)
        self._positive, self._flagged = is_, said

    def counts(self) -> tuple[int, int, int, int]:
        """Return true positives, false positives, false negatives, true negatives."""
        tp, fp, fn, tn = (int(count) for count in self._cells.sum(axis=0))
        return tp, fp, fn, tn

    def trials(self, measure: Measure) -> tuple[int, int] | None:
        """Return successes and trials of a measure that is a proportion; None for those that are not."""
        tp, fp, fn, tn = self.counts()
        return {
            "accuracy": (tp + tn, tp + fp + fn + tn),
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "precision": (tp, tp + fp),
        }.get(measure)

    def tried(self, measure: Measure) -> NDArray[np.bool_]:
        """Return (n,) which rows are the trials of a measure that is a proportion; all rows for those that are not."""
        every = np.ones_like(self._positive)
        rows = {"sensitivity": self._positive, "specificity": ~self._positive, "precision": self._flagged}
        return rows.get(measure, every)

    def value(self, measure: Measure) -> float | None:
        """Return a measure; None where it is not defined."""
        found = float(self.statistic(measure)(np.ones((1, len(self._cells))))[0])
        return None if np.isnan(found) else found

    def statistic(self, measure: Measure) -> Statistic:
        """Return a measure as a function of weights (m, n)."""
        return lambda weights: values(*(weights @ self._cells).T)[measure]


def values(tp: Array, fp: Array, fn: Array, tn: Array) -> dict[Measure, Array]:
    """Return every measure from counts, or weights, of equal shape."""
    with np.errstate(invalid="ignore", divide="ignore"):
        n, sensitivity, specificity = tp + fp + fn + tn, tp / (tp + fn), tn / (tn + fp)
        accuracy = (tp + tn) / n
        by_chance = ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / n**2
        return {
            "accuracy": accuracy,
            "balanced_accuracy": (sensitivity + specificity) / 2,
            "sensitivity": sensitivity,
            "specificity": specificity,
            "precision": tp / (tp + fp),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "kappa": np.where(by_chance < 1, (accuracy - by_chance) / (1 - by_chance), np.nan),
        }
