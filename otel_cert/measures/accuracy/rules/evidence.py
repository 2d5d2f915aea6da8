"""What a context has in the place of a figure of the answer: of the same kind, in the sentence that is most alike."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from otel_cert.measures.accuracy.rules.date import Date
from otel_cert.measures.accuracy.rules.figures import Figures
from otel_cert.measures.accuracy.rules.quantity import Quantity, comparable
from otel_cert.measures.accuracy.words import Parsed

_SENTENCE = 1.5  # a sentence with all words of the answer's counts this much, against ranks of 0 to 3


Figure = TypeVar("Figure", Quantity, Date)


class Candidate(NamedTuple, Generic[Figure]):
    """A figure of the context."""

    chunk: int
    figure: Figure
    words: frozenset[str]
    """Stems of its sentence."""


class Evidence:
    """A context in which evidence is looked for; made once for all figures of an answer."""

    def __init__(self, answer: Parsed, context: Sequence[Parsed], given: Sequence[Figures]) -> None:
        self._answer, self._context, self._given = answer, context, given
        self._starts: dict[int, list[int]] = {}
        self._stems: dict[tuple[int, int], frozenset[str]] = {}

    def of_number(self, quantity: Quantity, least: float = 0.0) -> tuple[int, Quantity] | None:
        """Return the chunk and the quantity in the place of one of the answer; None = nothing compares with it.

        `least` is the share of words that the sentence of the context has to have of the answer's.
        """
        ranked = ((_rank(other.figure, quantity), other) for other in self._quantities)
        return self._closest(quantity.start, ranked, least)

    def of_date(self, date: Date, least: float = 0.0) -> tuple[int, Date] | None:
        """Return the chunk and the date that stand in the place of one of the answer; None = there is none of its kind."""
        alike = (other for other in self._dates if other.figure.kind is date.kind)
        ranked = ((_likeness(other.figure, date), other) for other in alike)
        return self._closest(date.start, ranked, least)

    @cached_property
    def _quantities(self) -> list[Candidate[Quantity]]:
        return [self._candidate(chunk, one) for chunk, read in enumerate(self._given) for one in read.quantities]

    @cached_property
    def _dates(self) -> list[Candidate[Date]]:
        return [self._candidate(chunk, one) for chunk, read in enumerate(self._given) for one in read.dates]

    def _candidate(self, chunk: int, figure: Figure) -> Candidate[Figure]:
        return Candidate(chunk, figure, self._words(chunk, figure.start))

    def _closest(
        self, at: int, ranked: Iterable[tuple[float, Candidate[Figure]]], least: float
    ) -> tuple[int, Figure] | None:
        wanted = self._words(-1, at)
        best, best_score = None, 0.0
        for rank, candidate in ranked:
            if rank and rank + _SENTENCE > best_score:
                shared = len(wanted & candidate.words) / (len(wanted) + 1)
                score = rank + _SENTENCE * shared
                if shared >= least and score > best_score:
                    best, best_score = candidate, score
        return None if best is None else (best.chunk, best.figure)

    def _words(self, chunk: int, at: int) -> frozenset[str]:
        """Return the stems of the sentence at a character; chunk -1 is the answer."""
        text = self._answer if chunk < 0 else self._context[chunk]
        if chunk not in self._starts:
            self._starts[chunk] = [sentence.start for sentence in text.sentences]
        index = bisect_right(self._starts[chunk], at) - 1
        if index < 0:
            return frozenset()
        if (chunk, index) not in self._stems:
            words = text.words_of(text.sentences[index])
            self._stems[chunk, index] = frozenset(word.stem for word in words if not word.stop)
        return self._stems[chunk, index]


def _rank(other: Quantity, quantity: Quantity) -> float:
    """Return how well two quantities compare, 0 = not at all."""
    if quantity.code:
        return 3.0 if other.code == quantity.code else 0.0
    if quantity.times and (other.times or quantity.open):
        return 3.0 * other.times
    one, two = other.first, quantity.first
    same_digits = math.isclose(one.base, two.base, rel_tol=1e-9)
    if one.dimension != two.dimension:
        return 2.5 if same_digits else 1.0 * (comparable(one, two) and _similar(one.base, two.base))
    if one.dimension in ("number", "ordinal"):
        return 3.0 * _similar(one.base, two.base)
    if not comparable(one, two):
        return 2.0 + same_digits
    return 2.5 + 0.2 * (one.unit == two.unit) + 0.5 * _similar(one.value, two.value)


def _similar(one: float, two: float) -> bool:
    """Whether two values are of about the same size; 2 says nothing about 2006."""
    return one == two or (one * two > 0 and abs(math.log10(one / two)) < 1.0)


def _likeness(other: Date, date: Date) -> float:
    """Return how many parts two dates both state, and share."""
    stated = same = 0
    for mine, its in (
        (date.year, other.year),
        (date.month, other.month),
        (date.day, other.day),
        (date.number, other.number),
    ):
        stated += (mine is None) == (its is None)
        same += mine is not None and mine == its
    return 1.0 + stated / 4 + same / 3
