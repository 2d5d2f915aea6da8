"""A method of another package, small enough to be checked by hand: the share of an answer's words that the context has."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence

from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.result import Claim, Evidence, Reason, Scored

_SENTENCE, _WORD = re.compile(r"\S[^.!?]*(?:\.(?=\d)[^.!?]*)*[.!?]?"), re.compile(r"\w+")


class Overlap:
    name = "overlap"
    threshold = (0.75, "three of four words")

    def __init__(self, seconds: float = 0.0, version: str = "1") -> None:
        self._seconds, self._version = seconds, version

    @property
    def versions(self) -> Mapping[str, str]:
        return {"overlap": self._version}

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:
        time.sleep(self._seconds)
        claims = tuple(self._claim(found, context) for found in _SENTENCE.finditer(answer))
        if not claims or not _words(answer):
            raise NotScored("the answer has no words")
        if "give up" in answer:
            raise ZeroDivisionError(question)
        confidence = sum(claim.score for claim in claims) / len(claims)
        return Scored(
            confidence=confidence, semantic_score=None, grounding_score=confidence, claims=claims, language="und",
            details={"question": question},
        )  # fmt: skip

    def _claim(self, sentence: re.Match[str], context: Sequence[str]) -> Claim:
        words, known = _words(sentence[0]), {word for chunk in context for word in _words(chunk)}
        best = max(range(len(context)), key=lambda chunk: len({*_words(context[chunk])} & {*words}))
        missing = [
            Reason(
                kind="unsupported", start=sentence.start() + word.start(), end=sentence.start() + word.end(),
                message=f"unsupported: {word[0]}",
            )
            for word in _WORD.finditer(sentence[0])
            if word[0].lower() not in known
        ]  # fmt: skip
        return Claim(
            start=sentence.start(), end=sentence.end(), text=sentence[0], supported=False,
            score=1 - len(missing) / max(1, len(words)),
            evidence=Evidence(chunk=best, start=0, end=len(context[best]), text=context[best]), reasons=tuple(missing),
        )  # fmt: skip


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


method = Overlap
