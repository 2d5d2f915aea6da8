"""The method `nli`: a classifier that the user names reads each sentence of the answer beside each window of the context.

A sentence is as supported as by the window that supports it most, and the answer as its sentences on average, as in
SummaC-ZS (Laban et al. 2022, doi:10.1162/tacl_a_00453). A classifier of tokens judges each token by the window that supports
it most, a sentence by its least supported token, and the answer by its least supported sentence. Nothing is cut off: a
sentence that is too long is judged in parts, the worst of which counts. The question is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.classifier import Classifier, Judgement, TooLong
from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.method import NotScored, texts
from otel_cert.measures.accuracy.result import Claim, Evidence, Reason, Scored
from otel_cert.measures.accuracy.windows import windows
from otel_cert.measures.accuracy.words import Sentence, parse
from otel_cert.scoring.pieces import encodable

_ANSWER_SHARE = 0.5
"""Share of what the model reads that a sentence of the answer may take; the rest is for the context."""
_LEAST_TOKENS = 8
_HALF = 0.5


@dataclass(frozen=True)
class _Chunk:
    number: int
    text: str
    pieces: np.ndarray
    sentences: Sequence[Sentence]

    def windows(self, room: int) -> list[tuple[int, int]]:
        return windows(self.pieces, self.sentences, room) if len(self.pieces) else []


class Nli:
    """Scores by a cross-encoder for natural language inference, or by a classifier of unsupported tokens."""

    name = "nli"
    threshold = 0.5, "as likely as not by the model; not calibrated"

    def __init__(self, model: str, labels: Mapping[str, str], longest: int | None) -> None:
        """See `method`."""
        self._classifier = Classifier(model, dict(labels), longest)

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the method, the model and its runtime."""
        return {"nli": "1", **self._classifier.versions}

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:  # noqa: ARG002
        """Return the support of each sentence by the windows of the context.

        Raises:
            NotScored: answer or context is blank, or has nothing that the model reads.
            NotFound: there is no such model.
            UsageError: it is no classifier, or its labels do not say what they mean.

        """
        texts(answer, context)
        language = language_of(answer, *context)
        chunks = [self._chunk(number, text, language) for number, text in enumerate(context)]
        spans = [(sentence.start, sentence.end) for sentence in parse(answer, language).sentences]
        parts = [(start, end, list(self._parts(answer, start, end))) for start, end in spans]
        claims = tuple(self._claim(answer, start, end, those, chunks) for start, end, those in parts if those)
        if not claims:
            raise NotScored("the answer has nothing that the model reads")
        scores = [claim.score for claim in claims]
        return Scored(
            confidence=min(scores) if self._classifier.of_tokens else fmean(scores),
            semantic_score=None,
            grounding_score=None,
            claims=claims,
            language=language,
        )

    def unload(self) -> None:
        """Free the model; the next score loads it again."""
        self._classifier.unload()

    def _chunk(self, number: int, text: str, language: str) -> _Chunk:
        return _Chunk(number, text, self._classifier.pieces(encodable(text)), parse(text, language).sentences)

    def _parts(self, answer: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield a sentence, or parts of it that leave room for the context."""
        longest = max(1, int(self._classifier.longest * _ANSWER_SHARE))
        pieces = self._classifier.pieces(encodable(answer[start:end]))
        for first in range(0, len(pieces), longest):
            part = pieces[first : first + longest]
            yield start + int(part[0, 0]), start + int(part[-1, 1])

    def _claim(
        self, answer: str, start: int, end: int, parts: Sequence[tuple[int, int]], chunks: Sequence[_Chunk]
    ) -> Claim:
        judged = [self._part(answer, *part, chunks) for part in parts]
        worst = min(judged, key=lambda part: part.score)
        reasons = tuple(reason for part in judged for reason in part.reasons)
        return worst.model_copy(update={"start": start, "end": end, "text": answer[start:end], "reasons": reasons})

    def _part(self, answer: str, start: int, end: int, chunks: Sequence[_Chunk]) -> Claim:
        text = encodable(answer[start:end])
        room = self._classifier.longest - len(self._classifier.pieces(text))
        judged = [each for chunk in chunks for span in chunk.windows(room) for each in self._judged(chunk, *span, text)]
        if not judged:
            raise NotScored("the context has nothing that the model reads")
        return _part(answer, start, end, judged)

    def _judged(self, chunk: _Chunk, start: int, end: int, text: str) -> list[tuple[Evidence, Judgement]]:
        """Return the judgement of a window; of its halves where its tokens are more by themselves than in their text."""
        try:
            judgement = self._classifier.judge(encodable(chunk.text[start:end]), text)
        except TooLong:
            middle = (start + end) // 2
            if middle == start:
                raise
            return self._judged(chunk, start, middle, text) + self._judged(chunk, middle, end, text)
        return [(Evidence(chunk=chunk.number, start=start, end=end, text=chunk.text[start:end]), judgement)]


def _part(answer: str, start: int, end: int, judged: Sequence[tuple[Evidence, Judgement]]) -> Claim:
    best, most = max(judged, key=lambda each: each[1].support)
    reasons = list(_contradicted(start, end, judged))
    score = most.support
    if most.tokens:
        support = [max(values) for values in zip(*([t[2] for t in each.tokens] for _, each in judged), strict=True)]
        spans = [(start + first, start + last) for first, last, _ in most.tokens]
        score = min(support)
        reasons += _unsupported(answer, spans, support)
    return Claim(
        start=start,
        end=end,
        text=answer[start:end],
        supported=False,
        score=score,
        evidence=best,
        reasons=tuple(reasons),
    )


def _contradicted(start: int, end: int, judged: Sequence[tuple[Evidence, Judgement]]) -> Iterator[Reason]:
    """Yield that a window contradicts the sentence, when none supports it as surely."""
    window, worst = max(judged, key=lambda each: each[1].contradiction or 0)
    against = worst.contradiction or 0
    if against > max(_HALF, *(each.support for _, each in judged)):
        message = f"contradiction: probability {against:.2f} by the model"
        yield Reason(kind="contradiction", start=start, end=end, message=message, evidence=window)


def _unsupported(answer: str, spans: Sequence[tuple[int, int]], support: Sequence[float]) -> Iterator[Reason]:
    """Yield runs of tokens that are more likely unsupported than not."""
    run: list[int] = []
    for n in range(len(spans) + 1):
        if n < len(spans) and support[n] < _HALF:
            run.append(n)
        elif run:
            start, end = spans[run[0]][0], spans[run[-1]][1]
            least = min(support[at] for at in run)
            message = f"unsupported: {answer[start:end]!r}, support {least:.2f} by the model"
            yield Reason(kind="unsupported", start=start, end=end, message=message)
            run = []


def method(
    model: str | None = None,
    *,
    entailment: str | None = None,
    contradiction: str | None = None,
    unsupported: str | None = None,
    longest: int | None = None,
) -> Nli:
    """Return the method with a model, which is loaded when it is first asked.

    Args:
        model: a folder, or a name on the hub, of a classifier of pairs or of tokens.
        entailment: the label that means supported, where the model's labels have no names.
        contradiction: the label that means contradicted.
        unsupported: of a classifier of tokens, the label that means not supported.
        longest: tokens that are read at once, where the model's configuration does not say it.

    Raises:
        UsageError: no model is given.

    """
    if not model:
        raise UsageError(
            "the method 'nli' needs a model", hint="give a folder, or a name on the hub, of a cross-encoder for NLI"
        )
    if longest is not None and longest < _LEAST_TOKENS:
        raise UsageError(f"longest: {longest} tokens hold no pair of texts; give {_LEAST_TOKENS} or more")
    given = {"entailment": entailment, "contradiction": contradiction, "unsupported": unsupported}
    return Nli(model, {role: label for role, label in given.items() if label is not None}, longest)
