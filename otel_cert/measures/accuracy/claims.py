"""The sentences of an answer with their support, their evidence, and the words that are not supported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otel_cert.measures.accuracy import model
from otel_cert.measures.accuracy.features import Compared, Part
from otel_cert.measures.accuracy.marks import BEYOND, UNLIKE
from otel_cert.measures.accuracy.result import Claim, Evidence, Reason
from otel_cert.measures.accuracy.rules.finding import Finding

_UNSUPPORTED = 0.6
"""The support below which a word is named: two words that mean the same seldom agree less."""
_HARDLY = 0.8
"""Share of words without support from which a sentence has no evidence that it goes beyond."""


def claims(compared: Compared, context: Sequence[str]) -> Iterator[Claim]:
    """Yield the sentences in their order; `supported` is judged later."""
    text = compared.answer.parsed.text
    for part in compared.parts:
        start, end = part.sentence.start, part.sentence.end
        yield Claim(
            start=start,
            end=end,
            text=text[start:end],
            supported=False,
            score=model.claim_score(part.features),
            evidence=_evidence(compared, part, context),
            reasons=tuple(_reasons(compared, part, context)),
        )


def _evidence(compared: Compared, part: Part, context: Sequence[str]) -> Evidence:
    place = compared.source.places[part.place]
    return _quote(context, place.chunk, place.sentence.start, place.sentence.end)


def _quote(context: Sequence[str], chunk: int, start: int, end: int) -> Evidence:
    return Evidence(chunk=chunk, start=start, end=end, text=context[chunk][start:end])


def _reasons(compared: Compared, part: Part, context: Sequence[str]) -> list[Reason]:
    """Return what the rules found, and the words without support that they did not name."""
    found = [_found(one, context) for one in part.findings]
    words = [
        Reason(kind="unlike", start=start, end=end, message=f"unlike: nothing like {text!r} in the context")
        for start, end, text in _unsupported(compared, part)
        if not any(start < one.end and one.start < end for one in part.findings)
    ]
    known, sentence = model.weights(), part.sentence
    if model.unlike(part.features, known.coefficients, known.intercept):
        message = "claim: no sentence of the context is like this one"
        found.append(Reason(kind=UNLIKE, start=sentence.start, end=sentence.end, message=message))
    if (start := beyond(compared, part)) is not None:
        message = "beyond: from here on it says more than the nearest sentence of the context"
        found.append(Reason(kind=BEYOND, start=start, end=sentence.end, message=message))
    return sorted(found + words, key=lambda one: (one.start, one.end, one.kind))


def _found(one: Finding, context: Sequence[str]) -> Reason:
    evidence = None
    if one.chunk is not None and one.context_start is not None and one.context_end is not None:
        evidence = _quote(context, one.chunk, one.context_start, one.context_end)
    return Reason(kind=one.kind, start=one.start, end=one.end, message=one.message, evidence=evidence)


def _unsupported(compared: Compared, part: Part) -> Iterator[tuple[int, int, str]]:
    """Yield neighbouring words of a sentence that the context has nothing like, together."""
    own = compared.support.of(part.sentence.first, part.sentence.last)
    bare = [int(word) for word, best in zip(own.words, own.by_place.max(axis=1), strict=True) if best < _UNSUPPORTED]
    parsed = compared.answer.parsed
    run: list[int] = []
    for word in [*bare, -1]:
        if run and word != run[-1] + 1:
            start, end = parsed.words[run[0]].start, parsed.words[run[-1]].end
            yield start, end, parsed.text[start:end]
            run = []
        run.append(word)


def beyond(compared: Compared, part: Part) -> int | None:
    """Return the first character behind which a sentence says more than its evidence; None = none, or it has no evidence."""
    own = compared.support.of(part.sentence.first, part.sentence.last)
    missing = own.words[own.by_place[:, part.place] < _UNSUPPORTED]
    if not len(missing) or len(missing) >= _HARDLY * len(own.words):
        return None
    return compared.answer.parsed.words[int(missing[0])].start
