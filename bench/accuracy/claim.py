"""The claim "ROC AUC 0.961, accuracy 95.3 %" of the method `seed`, rebuilt under each protocol that it may have had.

It was said of 150 cases, without a script. Each protocol pairs the right answers of SQuAD with other wrong ones; what is
hard is not said by the number, but by what it is told apart from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scored import Scored

from otel_cert.statistics.bootstrap import bootstrap
from otel_cert.statistics.curves import Ranking

PROTOCOLS = {
    "squad_random": "wrong = an answer from another article",
    "squad_samearticle": "wrong = an answer from another paragraph of the article, absent from the context",
    "squad_sentence_random": "sentences, wrong = one of another article",
    "squad_numswap": "sentences, wrong = one number replaced",
    "squad_entswap": "sentences, wrong = one name replaced",
    "squad_sameparagraph": "wrong = the answer to another question about the paragraph",
    "squad_plausible": "wrong = the plausible answer to a question that has none",
}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What `seed` reaches under a protocol."""

    protocol: str
    n: int
    auc: float
    low: float | None
    high: float | None
    at_default: float
    """Accuracy at its documented threshold, 0.7."""
    best: float
    """Accuracy at the threshold that is best for these very answers: how a headline is made."""


def claim(rows: Sequence[Scored]) -> list[Rebuilt]:
    """Return the figures under each protocol that the rows have."""
    found = []
    for source, protocol in PROTOCOLS.items():
        inside = [row for row in rows if row.row.source == source]
        if not inside:
            continue
        label, score = np.array([row.row.label for row in inside]), np.array([row.seed for row in inside])
        ranking = Ranking(label, score)
        interval = bootstrap(ranking.roc_auc, [row.row.doc for row in inside], samples=300)
        found.append(
            Rebuilt(
                protocol,
                len(inside),
                float(ranking.roc_auc()[0]),
                interval and interval.low,
                interval and interval.high,
                float(((score >= 0.7) == label).mean()),
                max(float(((score >= cut) == label).mean()) for cut in np.unique(score)),
            )
        )
    return found
