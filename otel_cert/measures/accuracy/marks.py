"""Which characters of an answer are marked as not supported.

Measured on answers whose unsupported characters people marked: words that the context has nothing like explain a score, but
marked by themselves they are wrong more often than sentences from the first such word on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from otel_cert.measures.accuracy.result import Claim, Scored

UNLIKE, BEYOND = "claim", "beyond"
HINTS = ("unlike", UNLIKE, BEYOND)
"""The kinds of reasons that name words without saying what the context has against them."""
STRICTER = 0.25
"""Log-odds: an answer below the threshold has an unsupported claim, so that each of its claims has to reach more."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of an answer that are not supported, and why."""

    start: int
    end: int
    kind: str
    message: str


def marks(scored: Scored, threshold: float) -> tuple[Mark, ...]:
    """Return what is not supported, in the order of the answer.

    What a method found against the answer (a number, a date, a name, ...) is marked always. In an answer below the
    threshold, so is a claim about as low, when nothing was found in it, or when it is like no sentence of the context
    anyway: from where its evidence ends. Hints are never marked by themselves.
    """
    bar = stricter(threshold) if scored.confidence < threshold else 0.0
    found = [mark for claim in scored.claims for mark in claim_marks(claim, claim.score < bar)]
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.end)))


def stricter(threshold: float) -> float:
    """Return what a claim has to reach in an answer below a threshold."""
    if not 0 < threshold < 1:
        return threshold
    return 1 / (1 + math.exp(-math.log(threshold / (1 - threshold)) - STRICTER))


def claim_marks(claim: Claim, doubtful: bool) -> list[Mark]:
    """Return what is not supported of a claim; `doubtful` says whether it is as low as its answer."""
    found = [Mark(one.start, one.end, one.kind, one.message) for one in claim.reasons if one.kind not in HINTS]
    if doubtful and (not found or any(one.kind == UNLIKE for one in claim.reasons)):
        start = next((one.start for one in claim.reasons if one.kind == BEYOND), claim.start)
        found.append(Mark(start, claim.end, UNLIKE, f"claim: support {claim.score:.3f}"))
    return found
