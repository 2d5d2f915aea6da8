"""A method as a third party would write it: the share of an answer's words that the context has."""

from __future__ import annotations

import re

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.result import Claim, Reason, Scored

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[^.]+\.?")


class Overlap:
    name = "overlap"
    versions = {"overlap": "1"}  # noqa: RUF012
    threshold = (0.5, "by hand")

    def __init__(self, strict: bool) -> None:
        self.strict = strict

    def score(self, answer, context, question=None):  # noqa: ARG002
        known = {word.lower() for chunk in context for word in _WORD.findall(chunk)}
        if not _WORD.search(answer):
            raise NotScored("the answer has no words")
        claims = tuple(self._claim(m, known) for m in _SENTENCE.finditer(answer) if _WORD.search(m[0]))
        words = [word.lower() for word in _WORD.findall(answer)]
        share = sum(word in known for word in words) / len(words)
        confidence = float(share == 1) if self.strict else share
        return Scored(confidence=confidence, semantic_score=None, grounding_score=share, claims=claims, language="und")

    @staticmethod
    def _claim(match, known):
        words = list(_WORD.finditer(match[0]))
        missing = [word for word in words if word[0].lower() not in known]
        at = match.start()
        return Claim(
            start=match.start(),
            end=match.end(),
            text=match[0],
            supported=False,
            score=1 - len(missing) / len(words),
            evidence=None,
            reasons=tuple(
                Reason(kind="entity", start=at + w.start(), end=at + w.end(), message=f"not in context: {w[0]}")
                for w in missing
            ),
        )


def method(strict: bool = False) -> Overlap:
    if not isinstance(strict, bool):
        raise UsageError("strict is true or false")
    return Overlap(strict)
