"""Which characters of an answer are marked as not supported.

Measured on answers whose unsupported characters people marked: words that the context has nothing like explain a score, but
marked by themselves they are wrong more often than whole sentences are.
"""

from __future__ import annotations

from dataclasses import dataclass

from otel_cert.measures.accuracy.result import Claim, Scored

HINT = "unsupported"
"""The kind of reasons that name words without saying what the context has against them."""


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
    threshold, a claim below it in which nothing was found is marked whole. Hints are never marked by themselves.
    """
    below = scored.confidence < threshold
    found = [mark for claim in scored.claims for mark in claim_marks(claim, below and claim.score < threshold)]
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.end)))


def claim_marks(claim: Claim, whole: bool) -> list[Mark]:
    """Return what is not supported of a claim; `whole` says whether all of it is, where nothing was found."""
    found = [Mark(one.start, one.end, one.kind, one.message) for one in claim.reasons if one.kind != HINT]
    if whole and not found:
        return [Mark(claim.start, claim.end, "claim", f"claim: support {claim.score:.3f}")]
    return found
