"""What is measured of an answer, or of one of its sentences, before it becomes one number."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from otel_cert.measures.accuracy.apart import apart
from otel_cert.measures.accuracy.asides import claiming
from otel_cert.measures.accuracy.embedded import Embedded
from otel_cert.measures.accuracy.rules import SIGNS, supported_figures
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.source import Source
from otel_cert.measures.accuracy.support import Support, mean_vector, support, together
from otel_cert.measures.accuracy.words import Sentence

_MOST = 3
"""Findings of one kind that count."""
_SHORT = 4
"""Words of meaning of the longest answer that needs its question to be understood."""
_NOT_ASKED = {"question_place": 0.0, "question_near": 0.5, "question_lowest": 0.5}
"""What an answer without a question has, and a long one: about what a short answer in the right place has."""
_SAME = 0.02
"""Places that support an answer as well as the best of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of the answer, measured."""

    sentence: Sentence
    features: Mapping[str, float]
    place: int
    """Position in the source's places: what supports it most."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """An answer measured against its context."""

    answer: Embedded
    source: Source
    support: Support
    whole: Mapping[str, float]
    """Features of the answer: see `FEATURES`."""
    parts: tuple[Part, ...]
    """Its sentences that have words."""

    @property
    def language(self) -> str:
        """Return the language that both were read in."""
        return self.answer.parsed.language


FEATURES = {
    "lowest": "support of the least supported word",
    "lexical": "share of the words whose stem the context has",
    "window": "support by three neighbouring sentences of the context, of the worst sentence",
    "apart": "how much less the rest of a sentence is supported where the context has its worst word, 0 or less",
    "sentence": "support by one sentence of the context, mean of the answer's sentences",
    "near": "cosine of each sentence with the nearest of the context, mean",
    "topic": "cosine of the embeddings of the whole answer and the whole context",
    "pairs": "share of the words that stand in the context with a neighbour of theirs",
    "runs": "share of the words that stand in the context in a run of four",
    "question_place": "for a short answer: how far its place is behind the one closest to the question, 0 or less",
    "question_near": "for a short answer: cosine of that place with the question",
    "question_lowest": "for a short answer: support by that place of the least supported word of the question",
    **dict.fromkeys(SIGNS, f"findings that count for it: -log(1 + n), n at most {_MOST}"),
}
"""Name -> what it is; more is better supported."""


def compare(
    answer: Embedded, source: Source, findings: Sequence[Finding], question: Embedded | None = None
) -> Compared:
    """Measure an answer that has words against a source that has places."""
    known = supported_figures(answer.parsed, findings)
    whole = support(answer, source, known)
    measure = _Measure(answer, source, whole)
    asked = measure.of_question(question)
    parts = []
    for sentence in _claims(answer, whole, findings):
        own = whole.of(sentence.first, sentence.last)
        inside = tuple(one for one in findings if sentence.start <= one.start < sentence.end)
        parts.append(Part(sentence, measure.features([sentence], inside) | asked, measure.best_place(own), inside))
    features = measure.features([part.sentence for part in parts], findings) | asked
    return Compared(answer, source, whole, features, tuple(parts))


def _claims(answer: Embedded, whole: Support, findings: Sequence[Finding]) -> list[Sentence]:
    """Return the sentences that claim something, of those that have words; all of these when none does."""
    said = [one for one in answer.parsed.sentences if len(whole.of(one.first, one.last).words)]
    claims = set(claiming(answer.parsed, [found.start for found in findings]))
    return [one for one in said if one in claims] or said


class _Measure:
    """Measures parts of one answer."""

    def __init__(self, answer: Embedded, source: Source, whole: Support) -> None:
        self._answer, self._source, self._whole = answer, source, whole
        self._by_place = whole.by_place
        self._together = together(self._by_place, source)
        self._lexical = together(whole.lexical, source)

    def best_place(self, own: Support) -> int:
        """Return the place that supports a sentence most."""
        rows = slice(*self._rows(int(own.words[0]), int(own.words[-1]) + 1))
        return int(_mean(own.weights, self._by_place[rows]).argmax())

    def features(self, sentences: Sequence[Sentence], findings: Iterable[Finding]) -> dict[str, float]:
        """Return the features of sentences together, without those of the question."""
        rows = np.concatenate([np.arange(*self._rows(one.first, one.last)) for one in sentences])
        best = self._by_place[rows].max(axis=1)
        each = [self._sentence(sentence) for sentence in sentences]
        sizes = np.array([size for size, *_ in each], float)
        counts = Counter(one.feature for one in findings)
        return {
            "lowest": float(best.min()),
            "lexical": float(self._whole.known[rows].mean()),
            "window": min(window for _, window, _, _ in each),
            "apart": min(self._apart(sentence) for sentence in sentences),
            "sentence": float(np.average([single for _, _, single, _ in each], weights=sizes)),
            "near": float(np.average([near for *_, near in each], weights=sizes)),
            "topic": float(self._answer.topic @ self._source.topic),
            "pairs": self._copied(sentences, 2),
            "runs": self._copied(sentences, 4),
            **{kind: -math.log1p(min(_MOST, counts[kind])) for kind in SIGNS},
        }

    def of_question(self, question: Embedded | None) -> dict[str, float]:
        """Return the features of the question, for an answer so short that it says nothing by itself."""
        if question is None or len(self._whole.words) > _SHORT:
            return dict(_NOT_ASKED)
        asked = support(question, self._source)
        by_place = _mean(asked.weights, asked.by_place)
        answered = self._by_place.mean(axis=0)
        places = np.flatnonzero(answered >= answered.max() - _SAME)
        place = int(places[by_place[places].argmax()])
        vector = mean_vector(question, 0, len(question.parsed.words))
        return {
            "question_place": float(by_place[place] - by_place.max()),
            "question_near": float(self._source.means[place] @ vector),
            "question_lowest": float(asked.by_place[:, max(0, place - 1) : place + 2].max(axis=1).min()),
        }

    def _rows(self, first: int, last: int) -> tuple[int, int]:
        start, end = np.searchsorted(self._whole.words, [first, last]).tolist()
        return start, end

    def _sentence(self, sentence: Sentence) -> tuple[int, float, float, float]:
        rows = slice(*self._rows(sentence.first, sentence.last))
        weights = self._whole.weights[rows]
        near = self._source.means @ mean_vector(self._answer, sentence.first, sentence.last)
        window, single = (_mean(weights, by[rows]).max() for by in (self._together, self._by_place))
        return len(weights), float(window), float(single), float(near.max())

    def _apart(self, sentence: Sentence) -> float:
        rows = slice(*self._rows(sentence.first, sentence.last))
        return float(apart(self._together[rows], self._lexical[rows], self._whole.weights[rows]).min())

    def _copied(self, sentences: Sequence[Sentence], n: int) -> float:
        """Return the share of words in a run of n stems that the context has as well; of a shorter answer, in all of it."""
        first, last = sentences[0].first, sentences[-1].last
        stems = [word.stem for word in self._answer.parsed.words[first:last]]
        n = min(n, len(stems))
        known = self._source.grams(n)
        covered = np.zeros(len(stems), bool)
        for at in range(len(stems) - n + 1):
            if tuple(stems[at : at + n]) in known:
                covered[at : at + n] = True
        return float(np.concatenate([covered[one.first - first : one.last - first] for one in sentences]).mean())


def _mean(weights: np.ndarray, by_place: np.ndarray) -> np.ndarray:
    """Return [places]: the weighted mean of the support of words."""
    found: np.ndarray = np.average(by_place, axis=0, weights=weights)
    return found
