"""Which characters of an answer are marked as not supported.

Measured on answers whose unsupported characters people marked: words that the context has nothing like explain a score, but
marked by themselves they are wrong more often than whole sentences are.
"""

from __future__ import annotations

from dataclasses import dataclass

from otel_cert.measures.accuracy.result import Claim, Scored

UNLIKE = "claim"
HINTS = ("unlike", UNLIKE)
"""The kinds of reasons that name words without saying what the context has against them."""


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
    threshold, a claim below it is marked whole when nothing was found in it, or when it is like no sentence of the context
    anyway. Hints are never marked by themselves.
    """
    below = scored.confidence < threshold
    found = [mark for claim in scored.claims for mark in claim_marks(claim, below and claim.score < threshold)]
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.end)))


def claim_marks(claim: Claim, whole: bool) -> list[Mark]:
    """Return what is not supported of a claim; `whole` says whether it is below the threshold, and its answer too."""
    found = [Mark(one.start, one.end, one.kind, one.message) for one in claim.reasons if one.kind not in HINTS]
    if whole and (not found or any(one.kind == UNLIKE for one in claim.reasons)):
        found.append(Mark(claim.start, claim.end, UNLIKE, f"claim: support {claim.score:.3f}"))
    return found
