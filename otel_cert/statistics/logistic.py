"""Logistic regression with an L2 penalty, by Newton's method (iteratively reweighted least squares).

Hastie, Tibshirani and Friedman (2009), "The Elements of Statistical Learning", section 4.4.1. Columns are standardized; the
intercept is not penalized. The same data give the same model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from otel_cert.statistics.bootstrap import Array

_STEPS = 100
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class Logistic:
    """The chance of a label, 1 / (1 + exp(-(intercept + sum of coefficient * (x - mean) / scale)))."""

    intercept: float
    coefficients: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]

    def predict(self, features: ArrayLike) -> Array:
        """Return the chance, 0 to 1, of each row of features (n, columns)."""
        x = (np.asarray(features, dtype=np.float64).reshape(-1, len(self.means)) - self.means) / self.scales
        return _sigmoid(self.intercept + x @ np.asarray(self.coefficients))


def fit(features: ArrayLike, labels: Sequence[bool] | ArrayLike, *, l2: float = 1.0) -> Logistic:
    """Fit the model of least sum of log losses + l2 / 2 * sum of squared coefficients.

    Args:
        features: (n, columns), finite; a column that never varies gets the coefficient 0.
        labels: (n,) both kinds must occur.
        l2: the penalty, above 0, so that separable classes have a model too.

    Raises:
        ValueError: there is nothing to fit.

    """
    raw, y = np.asarray(features, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if raw.ndim != 2 or raw.shape[:1] != y.shape or not np.isfinite(raw).all() or l2 <= 0:
        raise ValueError("features are a finite table with a label per row, and l2 is above 0")
    if not 0 < y.sum() < len(y):
        raise ValueError("labels are of one kind only")
    means, scales = raw.mean(axis=0), raw.std(axis=0)
    scales = np.where(scales > 1e-12 * (1 + np.abs(means)), scales, np.inf)  # x / inf = 0: no coefficient
    x = np.column_stack([np.ones(len(y)), (raw - means) / scales])
    beta = _newton(x, y, np.r_[0.0, np.full(raw.shape[1], l2)])
    scales = np.where(np.isinf(scales), 1.0, scales)
    return Logistic(float(beta[0]), *(tuple(map(float, row)) for row in (beta[1:], means, scales)))


def _newton(x: Array, y: Array, penalty: Array) -> Array:
    """Return the coefficients at which the loss is least; it is convex, and a step that overshoots is halved."""
    beta = np.zeros(x.shape[1])
    loss = _loss(x, y, penalty, beta)
    for _ in range(_STEPS):
        p = _sigmoid(x @ beta)
        slope = x.T @ (p - y) + penalty * beta
        curvature = (x.T * (p * (1 - p))) @ x + np.diag(np.maximum(penalty, 1e-12))
        step = np.linalg.solve(curvature, slope)
        while (new := _loss(x, y, penalty, beta - step)) > loss and np.abs(step).max() > _CLOSE:
            step /= 2
        beta, loss = beta - step, new
        if np.abs(step).max() <= _CLOSE:
            break
    return beta


def _loss(x: Array, y: Array, penalty: Array, beta: Array) -> float:
    z = x @ beta
    return float(np.sum(np.logaddexp(0, z) - y * z) + np.sum(penalty * beta**2) / 2)


def _sigmoid(z: Array) -> Array:
    result: Array = np.exp(-np.logaddexp(0, -z))
    return result
