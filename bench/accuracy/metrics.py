"""What a ranking of answers reaches: areas, and measures at a threshold chosen on other documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scored import Scored

from otel_cert.statistics.bootstrap import bootstrap
from otel_cert.statistics.curves import Ranking

_SAMPLES = 300


@dataclass(frozen=True, slots=True)
class Reached:
    """Figures of one source and method; each is None where it is not defined."""

    n: int
    supported: float
    """Share of the answers that the context supports."""
    auc: float | None
    """ROC AUC."""
    low: float | None
    """Lower end of its 95 % interval, documents resampled."""
    high: float | None
    """Upper end."""
    pr_auc: float | None
    """Average precision of the unsupported class."""
    f1: float | None
    """F1 of the unsupported class, at the threshold that is best for it on the other documents."""
    balanced: float | None
    """Balanced accuracy, likewise."""
    span_f1: float | None
    """F1 over the characters that people marked as unsupported; None without marks."""


def reached(rows: Sequence[Scored], scores: np.ndarray, marked: Sequence[Iterable[int]] | None) -> Reached:
    """Return the figures of the rows of one source with a score each."""
    label = np.array([row.row.label for row in rows])
    share, span_f1 = float(label.mean()), spans(rows, marked)
    if label.all() or not label.any():
        return Reached(len(rows), share, None, None, None, None, None, None, span_f1)
    ranking, flags = Ranking(label, scores), Ranking(~label, -scores)
    interval = bootstrap(ranking.roc_auc, [row.row.doc for row in rows], samples=_SAMPLES)
    return Reached(
        len(rows),
        share,
        float(ranking.roc_auc()[0]),
        interval and interval.low,
        interval and interval.high,
        float(flags.average_precision()[0]),
        *at_thresholds(rows, label, scores),
        span_f1,
    )


def at_thresholds(rows: Sequence[Scored], label: np.ndarray, scores: np.ndarray) -> tuple[float | None, float | None]:
    """Return F1 of the unsupported and balanced accuracy; each fifth of the documents by a threshold from the others."""
    fold = np.array([row.row.fold for row in rows])
    flagged = {name: np.zeros(len(rows), bool) for name in ("f1", "balanced")}
    for part in np.unique(fold):
        others = fold != part
        if label[others].all() or not label[others].any():
            return None, None
        for name, flags in flagged.items():
            flags[fold == part] = scores[fold == part] < _best(label[others], scores[others], name)
    return _f1(label, flagged["f1"]), _balanced(label, flagged["balanced"])


def _best(label: np.ndarray, scores: np.ndarray, name: str) -> float:
    measure = _f1 if name == "f1" else _balanced
    cuts = np.unique(np.quantile(scores, np.linspace(0, 1, 201)))
    return float(max(cuts, key=lambda cut: measure(label, scores < cut)))


def _f1(label: np.ndarray, flagged: np.ndarray) -> float:
    found = float((flagged & ~label).sum())
    return 2 * found / (float(flagged.sum()) + float((~label).sum())) if found else 0.0


def _balanced(label: np.ndarray, flagged: np.ndarray) -> float:
    return float(((~flagged)[label].mean() + flagged[~label].mean()) / 2)


def spans(rows: Sequence[Scored], marked: Sequence[Iterable[int]] | None) -> float | None:
    """Return the F1 over characters, of rows of a source in which people marked any."""
    if marked is None or not any(row.row.spans for row in rows):
        return None
    found = wrong = missed = 0
    for row, characters in zip(rows, marked, strict=True):
        said, true = set(characters), {at for start, end in row.row.spans for at in range(start, end)}
        found, wrong, missed = found + len(said & true), wrong + len(said - true), missed + len(true - said)
    return 2 * found / (2 * found + wrong + missed) if found else 0.0
