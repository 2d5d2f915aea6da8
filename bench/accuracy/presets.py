"""Chooses the thresholds of the presets.

There are open labelled answers on finance, but none on law and health: for these the objective is stricter, and the data the
same as for general use. Each entry says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from data import CONSTRUCTED
from fitting import cut
from scored import Scored

from otel_cert.measures.accuracy.model import chance


@dataclass(frozen=True, slots=True)
class Use:
    """A kind of use."""

    name: str
    sources: tuple[str, ...]
    """Beginnings of the sources that it is chosen on; () = all that nobody constructed."""
    recall: float | None
    """The least share of the unsupported that is found, mean of sources; None = the greatest balanced accuracy."""
    data: str


USES = (
    Use("general", (), None, "claims, summaries, dialogues and answers"),
    Use(
        "financial",
        ("summedits_ectsum", "numeric_templates", "squad_numswap"),
        None,
        "earnings calls, figures and numbers",
    ),
    Use("legal", (), 0.9, "claims, summaries, dialogues and answers, none of them legal"),
    Use("healthcare", (), 0.95, "claims, summaries, dialogues and answers, none of them medical"),
)


def presets(rows: Sequence[Scored], sums: np.ndarray, intercept: float) -> dict[str, object]:
    """Return the content of `presets.yaml` from rows of open sources and their held-out sums."""
    found: dict[str, object] = {}
    for use in USES:
        at = np.array([_of(use, row) for row in rows])
        inside = [row for row, is_in in zip(rows, at, strict=True) if is_in]
        if not inside:
            continue
        seeds = np.array([row.seed for row in inside])
        found[use.name] = {
            "aligned": _entry(use, inside, chance(intercept + _threshold(use, inside, sums[at]))),
            "seed": _entry(use, inside, _threshold(use, inside, seeds)),
        }
    return found


def _of(use: Use, row: Scored) -> bool:
    source = row.row.source
    return source.startswith(use.sources) if use.sources else not source.startswith(CONSTRUCTED)


def _threshold(use: Use, rows: Sequence[Scored], scores: np.ndarray) -> float:
    if use.recall is None:
        return cut(rows, scores)[0]
    label = np.array([row.row.label for row in rows])
    source = np.array([row.row.source for row in rows])
    unsupported = [at & ~label for at in (source == name for name in np.unique(source))]
    cuts = np.quantile(scores, np.linspace(0, 1, 401))
    return float(next(c for c in cuts if np.mean([(scores[at] < c).mean() for at in unsupported]) >= use.recall))


def _entry(use: Use, rows: Sequence[Scored], threshold: float) -> dict[str, object]:
    names = sorted({row.row.source for row in rows})
    digest = hashlib.sha256("".join(f"{row.row.id} {row.row.label:d}\n" for row in rows).encode()).hexdigest()
    return {
        "threshold": round(threshold, 4),
        "objective": "balanced-accuracy" if use.recall is None else f"recall>={use.recall:g}",
        "chosen_on": f"{len(rows):,} labelled answers of {', '.join(names)}: {use.data}",
        "labels": digest,
    }
