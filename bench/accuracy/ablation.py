"""What each feature and each rule is worth: the weights are fitted again without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from fitting import NAMES, held_out, sums
from scored import Scored

from otel_cert.statistics.curves import Ranking


@dataclass(frozen=True, slots=True)
class Without:
    """The figures without a feature, less those with all."""

    name: str
    macro: float
    """Change of the mean ROC AUC of all sources."""
    source: str
    """The source that loses most."""
    before: float
    """Its ROC AUC with all features."""
    after: float
    """And without this one."""


def ablation(rows: Sequence[Scored], scores: np.ndarray) -> list[Without]:
    """Return one entry per feature, the one that costs most first."""
    full = areas(rows, scores)
    found = []
    for name in NAMES:
        rest = areas(rows, sums(rows, held_out(rows, [other for other in NAMES if other != name])))
        worst = min(full, key=lambda source: rest[source] - full[source])
        macro = float(np.mean(list(rest.values())) - np.mean(list(full.values())))
        found.append(Without(name, macro, worst, full[worst], rest[worst]))
    return sorted(found, key=lambda one: one.macro)


def areas(rows: Sequence[Scored], scores: np.ndarray) -> dict[str, float]:
    """Return the ROC AUC of each source with both labels."""
    source = np.array([row.row.source for row in rows])
    label = np.array([row.row.label for row in rows])
    found = {
        str(name): float(Ranking(label[at], scores[at]).roc_auc()[0])
        for name in np.unique(source)
        if (at := source == name).any()
    }
    return {name: area for name, area in found.items() if np.isfinite(area)}
