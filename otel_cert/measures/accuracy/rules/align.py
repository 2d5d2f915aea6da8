"""Which sentences of a context an answer's sentence is about, by the stems that they share.

A stem weighs `log(1 + N / n)`: of N sentences of the context n have it (inverse document frequency, Spärck Jones 1972).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from otel_cert.measures.accuracy.rules.names import Name, names
from otel_cert.measures.accuracy.words import Parsed, Sentence, Word

BEST = 2
"""Sentences of the context that a sentence of the answer is compared with."""


class Aligned(NamedTuple):
    """A sentence of the context that a sentence of the answer may be about."""

    chunk: int
    """Position of its chunk, counted from 0."""
    sentence: Sentence
    """Where it is in the chunk."""
    words: tuple[Word, ...]
    """Its words."""
    share: float
    """Share of the answer's sentence that it has: of the weight of stems, 0 to 1."""


class Context:
    """Parsed chunks with an index of their stems; made once, compared with many answers."""

    def __init__(self, chunks: Sequence[Parsed]) -> None:
        self.chunks = tuple(chunks)
        self._sentences = [(number, one) for number, chunk in enumerate(self.chunks) for one in chunk.sentences]
        self._words: dict[int, tuple[Word, ...]] = {}
        self._names: dict[tuple[int, int], list[Name]] = {}
        self.postings: dict[str, list[int]] = {}
        """Stem -> sentences that have it, counted over all chunks, in order."""
        for number, (chunk, sentence) in enumerate(self._sentences):
            for stem in {
                word.stem for word in self.chunks[chunk].words[sentence.first : sentence.last] if not word.stop
            }:
                self.postings.setdefault(stem, []).append(number)

    def weight(self, stem: str) -> float:
        """Return how much a stem says; one that the context does not have weighs most."""
        return math.log(1 + max(1, len(self._sentences)) / max(1, len(self.postings.get(stem, ()))))

    def best(self, words: Sequence[Word]) -> list[Aligned]:
        """Return the sentences that share most with the words of one, best first; none where none shares anything."""
        scores: dict[int, float] = {}
        total = 0.0
        for stem in dict.fromkeys(word.stem for word in words if not word.stop):
            weight = self.weight(stem)
            total += weight
            for number in self.postings.get(stem, ()):
                scores[number] = scores.get(number, 0.0) + weight
        best = (
            sorted(scores, key=lambda number: (-scores[number], number))[:BEST] if len(scores) <= 64 else _top(scores)
        )
        return [self._aligned(number, scores[number] / total) for number in best]

    def names(self, aligned: Aligned) -> list[Name]:
        """Return the names of one of its sentences."""
        key = aligned.chunk, aligned.sentence.first
        if key not in self._names:
            chunk = self.chunks[aligned.chunk]
            self._names[key] = names(chunk.text, aligned.words, chunk.language)
        return self._names[key]

    def _aligned(self, number: int, share: float) -> Aligned:
        chunk, sentence = self._sentences[number]
        if number not in self._words:
            self._words[number] = self.chunks[chunk].words_of(sentence)
        return Aligned(chunk, sentence, self._words[number], share)


def _top(scores: dict[int, float]) -> list[int]:
    from heapq import nsmallest

    return nsmallest(BEST, scores, key=lambda number: (-scores[number], number))


class Matched(NamedTuple):
    """A sentence of the answer with the sentences of the context that it may be about."""

    sentence: Sentence
    words: tuple[Word, ...]
    names: list[Name]
    best: list[Aligned]


@dataclass(frozen=True)
class Alignment:
    """An answer against its context."""

    answer: Parsed
    context: Context
    question: Parsed | None = None
    """What was asked: what it says is known to the answer."""

    @cached_property
    def matched(self) -> list[Matched]:
        """Every sentence of the answer, in order."""
        found = []
        for sentence in self.answer.sentences:
            words = self.answer.words_of(sentence)
            found.append(
                Matched(sentence, words, names(self.answer.text, words, self.answer.language), self.context.best(words))
            )
        return found


class Place(NamedTuple):
    """Words of a sentence of the context that stand where others stand in the answer."""

    first: int
    """First word, counted in the sentence."""
    last: int
    """Behind the last word."""
    strength: int
    """How many neighbours agree: up to two on each side, a word of meaning counts twice."""


_GAP = 7


def place(words: Sequence[Word], first: int, last: int, other: Sequence[Word]) -> Place | None:
    """Return what stands in `other` between the same neighbours as words `first` to `last` in `words`.

    Both sides have to agree, at least one of them with a word; the ends of sentences agree with each other.
    """
    best: Place | None = None
    for left, left_strength in _sides(words, first - 1, other, -1):
        for right, right_strength in _sides(words, last, other, 1):
            strength = left_strength + right_strength
            if 1 < right - left <= _GAP + 1 and strength > 2 and (best is None or strength > best.strength):
                best = Place(left + 1, right, strength)
    return best


def _sides(words: Sequence[Word], at: int, other: Sequence[Word], step: int) -> list[tuple[int, int]]:
    """Return the positions in `other` of the neighbour at `at`, with how far what follows agrees as well."""
    if not 0 <= at < len(words):
        return [(-1 if at < 0 else len(other), 1)]
    wanted = words[at].stem
    found = []
    for position, word in enumerate(other):
        if word.stem == wanted:
            strength = 1 if word.stop else 2
            beyond, behind = at + step, position + step
            if 0 <= beyond < len(words) and 0 <= behind < len(other) and words[beyond].stem == other[behind].stem:
                strength += 1 if words[beyond].stop else 2
            found.append((position, strength))
    return found
