"""What is marked: findings always; claims, from where their evidence ends, only in an answer that is not supported."""

import pytest

from otel_cert import measure
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
    claim(50, 0.2, ("beyond", 4)),
    claim(60, 0.2, ("number", 3), ("claim", 0), ("beyond", 2)),
    claim(70, 0.55),
    claim(80, 0.6),
)
WHOLE = [(30, 40, "claim"), (40, 50, "claim"), (54, 60, "claim"), (62, 70, "claim"), (70, 80, "claim")]


@pytest.mark.parametrize(("confidence", "whole"), [(0.6, []), (0.4, WHOLE)], ids=["supported", "not"])
def test_what_is_marked(confidence, whole):
    scored = Scored(confidence=confidence, semantic_score=None, grounding_score=None, claims=CLAIMS, language="en")
    found = [(mark.start, mark.end, mark.kind) for mark in marks(scored, 0.5)]
    named = [(13, 15, "number"), (20, 22, "antonym"), (25, 27, "date"), (63, 65, "number")]
    assert found == sorted([*named, *whole])


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_that_all_or_none_reach(threshold):
    scored = Scored(confidence=0.5, semantic_score=None, grounding_score=None, claims=CLAIMS[3:5], language="en")
    assert len(marks(scored, threshold)) == (2 if threshold else 0)


def test_what_a_sentence_says_beyond_its_evidence_is_marked():
    context = "The library of the town lends books, films and maps to everybody who lives there."
    answer = "The library of the town lends books, and dragons guard its golden basement."
    [mark] = marks(found := measure(answer, context), 0.99)
    assert answer[mark.start : mark.end] == "dragons guard its golden basement."
    assert "beyond" in {reason.kind for reason in found.claims[0].reasons}
