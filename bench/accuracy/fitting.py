"""Fits the weights of the method `aligned`: a logistic model whose coefficients have one sign.

Every source has an intercept of its own, which is thrown away: the model learns what tells answers of one kind apart. All
sources count the same, constructed ones a third, and so do both labels within one. The penalty draws the similarities not
to zero but to one common value per standard deviation: before any data, each of them counts the same. What a rule finds is
hardly penalized, for it is rare and nearly always right. Both constants were chosen on open sources, each left out in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from data import CONSTRUCTED, FOLDS, OPEN
from scipy.optimize import minimize
from scored import Scored

from otel_cert.measures.accuracy.features import FEATURES
from otel_cert.measures.accuracy.model import total
from otel_cert.measures.accuracy.rules import SIGNS

NAMES = tuple(FEATURES)
PRIOR, DRAWN, FREE = 0.2, 30.0, 0.1
"""The common value of similarities, how much they are drawn to it, and the penalty of everything else."""
MOST = {"pronoun": 2.5}
"""Greatest coefficient of what is no contradiction: a pronoun that refers to nobody makes an answer unclear, and alone must
not make a well supported one count as unsupported."""
_FLAT = 0.003
"""Balanced accuracy that two cuts may differ by for chance alone."""
_CONSTRUCTED = 1 / 3
_PER_SOURCE = 10.0


def fit(rows: Sequence[Scored], names: Sequence[str] = NAMES) -> dict[str, float]:
    """Return a coefficient per unit of each feature, 0 for those that are not among `names`."""
    known = [row for row in rows if row.whole is not None]
    raw = np.array([[row.whole[name] for name in names] for row in known if row.whole is not None])
    scale = raw.std(axis=0) + 1e-9
    x = (raw - raw.mean(axis=0)) / scale
    y = np.array([row.row.label for row in known], float)
    sources, of = np.unique([row.row.source for row in known], return_inverse=True)
    weight = _weights(sources, of, y)
    similar = np.array([name not in SIGNS and not name.startswith("question") for name in names])
    start, drawn = np.where(similar, PRIOR, 0.0), np.where(similar, DRAWN, FREE)
    n = len(names)

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        chance = 1 / (1 + np.exp(-(x @ beta[:n] + beta[n + of])))
        off = beta[:n] - start
        value = -(weight * np.where(y > 0, np.log(chance + 1e-12), np.log(1 - chance + 1e-12))).sum()
        slope = weight * (chance - y)
        gradient = np.r_[x.T @ slope + 2 * drawn * off, np.bincount(of, slope, minlength=len(sources))]
        return value + (drawn * off**2).sum(), gradient

    most = [MOST[name] * float(scale[i]) if name in MOST else None for i, name in enumerate(names)]
    bounds = [(0.0, upper) for upper in most] + [(None, None)] * len(sources)
    found = minimize(loss, np.r_[start, np.zeros(len(sources))], jac=True, method="L-BFGS-B", bounds=bounds)
    fitted = dict(zip(names, (found.x[:n] / scale).tolist(), strict=True))
    return {name: fitted.get(name, 0.0) for name in NAMES}


def _weights(sources: np.ndarray, of: np.ndarray, y: np.ndarray) -> np.ndarray:
    weight = np.zeros(len(y))
    for number, source in enumerate(sources):
        for label in (0.0, 1.0):
            rows = (of == number) & (y == label)
            if rows.any():
                weight[rows] = (_CONSTRUCTED if source.startswith(CONSTRUCTED) else 1.0) / rows.sum()
    return weight / weight.sum() * len(sources) * _PER_SOURCE


def totals(rows: Sequence[Scored], weights: Mapping[str, float]) -> np.ndarray:
    """Return the sum of each row as the method adds it up: halfway between the whole and the worst sentence."""
    return np.array([-60.0 if row.whole is None else total(row.whole, row.parts, weights) for row in rows])


def held_out(rows: Sequence[Scored], names: Sequence[str] = NAMES) -> list[dict[str, float]]:
    """Return the weights for each fifth of the documents, fitted on open sources without it."""
    opened = [row for row in rows if row.row.source.startswith(OPEN)]
    return [fit([row for row in opened if row.row.fold != part], names) for part in range(FOLDS)]


def sums(rows: Sequence[Scored], weights: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Return the sum of each row by the weights for its fifth."""
    return np.array([totals([row], weights[row.row.fold])[0] for row in rows])


def cut(rows: Sequence[Scored], scores: np.ndarray) -> tuple[float, float]:
    """Return the sum at which the balanced accuracy, mean of sources, is greatest, and that accuracy.

    The curve is flat at its top, where chance decides which point is the highest: the mean of all of these is taken.
    """
    label = np.array([row.row.label for row in rows])
    source = np.array([row.row.source for row in rows])
    both = [at for name in np.unique(source) if len(set(label[at := source == name])) == 2]

    def reached(value: float) -> float:
        return float(
            np.mean([((scores[at & label] >= value).mean() + (scores[at & ~label] < value).mean()) / 2 for at in both])
        )

    cuts = np.quantile(scores, np.linspace(0.02, 0.98, 193))
    each = np.array([reached(value) for value in cuts.tolist()])
    best = float(cuts[each >= each.max() - _FLAT].mean())
    return best, reached(best)
