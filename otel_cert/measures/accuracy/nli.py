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

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.classifier import Classifier, Judgement, TooLong
from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.method import texts
from otel_cert.measures.accuracy.result import Claim, Evidence, Reason, Scored
from otel_cert.measures.accuracy.windows import windows
from otel_cert.measures.accuracy.words import parse
from otel_cert.scoring.pieces import encodable

_ANSWER_SHARE = 0.5
"""Share of what the model reads that a sentence of the answer may take; the rest is for the context."""
_LEAST_TOKENS = 8
_HALF = 0.5


@dataclass(frozen=True)
class _Window:
    chunk: int
    start: int
    end: int


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

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:
        """Return the support of each sentence by the windows of the context.

        Raises:
            NotScored: answer or context is blank.
            NotFound: there is no such model.
            UsageError: it is no classifier, or its labels do not say what they mean.

        """
        texts(answer, context)
        language = language_of(answer, *context)
        spans = [(sentence.start, sentence.end) for sentence in parse(answer, language).sentences]
        claims = tuple(self._claim(answer, start, end, context, language) for start, end in spans)
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

    def _claim(self, answer: str, start: int, end: int, context: Sequence[str], language: str) -> Claim:
        parts = [self._part(answer, *part, context, language) for part in self._parts(answer, start, end)]
        worst = min(parts, key=lambda part: part.score)
        reasons = tuple(reason for part in parts for reason in part.reasons)
        return worst.model_copy(update={"start": start, "end": end, "text": answer[start:end], "reasons": reasons})

    def _parts(self, answer: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield a sentence, or parts of it that leave room for the context."""
        longest = max(1, int(self._classifier.longest * _ANSWER_SHARE))
        pieces = self._classifier.pieces(encodable(answer[start:end]))
        if len(pieces) <= longest:
            yield start, end
            return
        for first in range(0, len(pieces), longest):
            part = pieces[first : first + longest]
            yield start + int(part[0, 0]), start + int(part[-1, 1])

    def _part(self, answer: str, start: int, end: int, context: Sequence[str], language: str) -> Claim:
        text = encodable(answer[start:end])
        room = self._classifier.longest - len(self._classifier.pieces(text))
        places = [
            _Window(number, *span)
            for number, chunk in enumerate(context)
            for span in self._windows(encodable(chunk), room, language)
        ]
        judged = [each for place in places for each in self._judged(context, place, text)]
        return _part(answer, start, end, context, judged)

    def _windows(self, chunk: str, room: int, language: str) -> list[tuple[int, int]]:
        pieces = self._classifier.pieces(chunk)
        return windows(pieces, parse(chunk, language).sentences, room) if len(pieces) else []

    def _judged(self, context: Sequence[str], place: _Window, text: str) -> list[tuple[_Window, Judgement]]:
        """Return the judgement of a window; of its halves where its tokens are more by themselves than in their text."""
        window = encodable(context[place.chunk])[place.start : place.end]
        try:
            return [(place, self._classifier.judge([(window, text)])[0])]
        except TooLong:
            middle = (place.start + place.end) // 2
            if middle == place.start:
                raise
            halves = _Window(place.chunk, place.start, middle), _Window(place.chunk, middle, place.end)
            return [each for half in halves for each in self._judged(context, half, text)]


def _part(
    answer: str, start: int, end: int, context: Sequence[str], judged: Sequence[tuple[_Window, Judgement]]
) -> Claim:
    best, most = max(judged, key=lambda each: each[1].support)
    reasons = list(_contradicted(start, end, context, judged))
    score = most.support
    if most.tokens:
        support = [max(values) for values in zip(*([t[2] for t in each.tokens] for _, each in judged), strict=True)]
        spans = [(start + first, start + last) for first, last, _ in most.tokens]
        score = min(support)
        reasons += _unsupported(answer, spans, support)
    return Claim(
        start=start, end=end, text=answer[start:end], supported=False, score=score,
        evidence=_evidence(context, best), reasons=tuple(reasons),
    )  # fmt: skip


def _contradicted(
    start: int, end: int, context: Sequence[str], judged: Sequence[tuple[_Window, Judgement]]
) -> Iterator[Reason]:
    """Yield that a window contradicts the sentence, when none supports it as surely."""
    place, worst = max(judged, key=lambda each: each[1].contradiction or 0)
    against = worst.contradiction or 0
    if against > max(_HALF, *(each.support for _, each in judged)):
        message = f"contradiction: probability {against:.2f} by the model"
        yield Reason(kind="contradiction", start=start, end=end, message=message, evidence=_evidence(context, place))


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


def _evidence(context: Sequence[str], place: _Window) -> Evidence:
    text = context[place.chunk][place.start : place.end]
    return Evidence(chunk=place.chunk, start=place.start, end=place.end, text=text)


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
