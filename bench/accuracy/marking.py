"""Which characters of an answer are marked as unsupported: as `otel-cert evaluate` marks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from data import OPEN
from fitting import cut
from scored import Scored

from otel_cert.measures.accuracy.marks import STRICTER
from otel_cert.measures.accuracy.model import part_total, unlike


def marked(rows: Sequence[Scored], scores: np.ndarray, weights: Sequence[Mapping[str, float]]) -> list[set[int]]:
    """Return the marked characters of each row; the threshold is that of the open sources."""
    opened = np.array([row.row.source.startswith(OPEN) for row in rows])
    threshold, _ = cut([row for row, free in zip(rows, opened, strict=True) if free], scores[opened])
    return [_marked(row, score, weights[row.row.fold], threshold) for row, score in zip(rows, scores, strict=True)]


def _marked(row: Scored, score: float, weights: Mapping[str, float], threshold: float) -> set[int]:
    found: set[int] = set()
    each = zip(row.spans, row.reasons, row.parts, row.beyond, strict=True)
    for (_, end), reasons, features, beyond in each:
        for _, first, last in reasons:
            found.update(range(first, last))
        unsupported = score < threshold and part_total(features, weights) < threshold + STRICTER
        if unsupported and (not reasons or unlike(features, weights, -threshold)):
            found.update(range(beyond, end))
    return found
