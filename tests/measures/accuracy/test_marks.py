"""What is marked: findings always, whole claims only where nothing was found and the answer is not supported."""

import pytest

from otel_cert.measures.accuracy.marks import marks
from otel_cert.measures.accuracy.result import Claim, Reason, Scored


def claim(start, score, *reasons):
    return Claim(
        start=start, end=start + 10, text="x" * 10, supported=False, score=score, evidence=None,
        reasons=tuple(Reason(kind=kind, start=start + at, end=start + at + 2, message=kind) for kind, at in reasons),
    )  # fmt: skip


CLAIMS = (
    claim(0, 0.9, ("unlike", 1)),
    claim(10, 0.9, ("number", 3), ("unlike", 6)),
    claim(20, 0.2, ("date", 5), ("antonym", 0)),
    claim(30, 0.2, ("unlike", 1)),
    claim(40, 0.2),
)


@pytest.mark.parametrize(
    ("confidence", "whole"), [(0.6, []), (0.4, [(30, 40, "claim"), (40, 50, "claim")])], ids=["supported", "not"]
)
def test_what_is_marked(confidence, whole):
    scored = Scored(confidence=confidence, semantic_score=None, grounding_score=None, claims=CLAIMS, language="en")
    found = [(mark.start, mark.end, mark.kind) for mark in marks(scored, 0.5)]
    assert found == [(13, 15, "number"), (20, 22, "antonym"), (25, 27, "date"), *whole]
