"""The figures of a text: its quantities and its dates, read once and compared with many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from otel_cert.measures.accuracy.rules.date import Date
from otel_cert.measures.accuracy.rules.dates import dates
from otel_cert.measures.accuracy.rules.lexicon import Lexicon, lexicon
from otel_cert.measures.accuracy.rules.numbers import quantities
from otel_cert.measures.accuracy.rules.numerals import marks
from otel_cert.measures.accuracy.rules.quantity import MOST, Quantity
from otel_cert.measures.accuracy.rules.tokens import Token, joined, tokenize

_FEW = 100  # as many quantities are compared one by one


@dataclass(frozen=True)
class Figures:
    """Quantities and dates of a text, in their order."""

    quantities: tuple[Quantity, ...]
    dates: tuple[Date, ...]
    scales: frozenset[float]
    """Scales that stand by themselves, as in the head of a table: 1e6 for "in millions"."""
    apart: Figures | None = None
    """The other reading of a text that has numbers such as `3 , 500`: this one joins them, the other does not."""

    @cached_property
    def both(self) -> tuple[Figures, ...]:
        """Its readings: itself, and the other where there is one."""
        return (self,) if self.apart is None else (self, self.apart)

    @cached_property
    def years(self) -> frozenset[int]:
        """Years of its dates, and numbers that may be years."""
        years = {date.year for date in self.dates if date.year is not None}
        return frozenset(years | {int(number.first.value) for number in self.quantities if number.year})

    @cached_property
    def values(self) -> frozenset[float]:
        """Values of its quantities that have no unit, codes left out."""
        return frozenset(
            reading.value
            for number in self.quantities
            if not number.code
            for reading in number.readings
            if reading.dimension == "number"
        )

    @cached_property
    def shown(self) -> frozenset[float]:
        """Values of its quantities in their own units."""
        return frozenset(number.first.shown for number in self.quantities if not number.code)

    def near(self, quantity: Quantity) -> Iterable[Quantity]:
        """Return the quantities that may support one: those of about its size in some reading, and ranges."""
        if len(self.quantities) <= _FEW:
            return self.quantities
        found: set[int] = set()
        for size in {share for one in _sizes(quantity) for share in (one, one * 100, one / 100)}:
            first = bisect_left(self._by_size, (size / MOST, -1))
            last = bisect_right(self._by_size, (size * MOST, len(self.quantities)))
            found.update(index for _, index in self._by_size[first:last])
        return [*(self.quantities[index] for index in sorted(found)), *self._ranges]

    @cached_property
    def _ranges(self) -> list[Quantity]:
        return [number for number in self.quantities if number.until is not None]

    @cached_property
    def _by_size(self) -> list[tuple[float, int]]:
        """Each size that a quantity can be compared by, and its position, in order of size."""
        return sorted((size, index) for index, number in enumerate(self.quantities) for size in _sizes(number))


@lru_cache(maxsize=256)
def figures(text: str, language: str) -> Figures:
    """Return the figures of a text, read in a language; the last texts are remembered. Time grows linearly with the text."""
    words = lexicon(language)
    tokens = tokenize(text)
    other = joined(text, tokens)
    plain = _read(text, tokens, words)
    return plain if other is None else replace(_read(text, other, words), apart=plain)


def _read(text: str, tokens: Sequence[Token], words: Lexicon) -> Figures:
    found, taken = dates(text, tokens, words)
    style = marks((token.lower for token in tokens if token.kind == "N"), words.numbers.decimal, words.numbers.sure)
    return Figures(tuple(quantities(text, tokens, taken, words, style)), tuple(found), _scales(tokens, words))


def _scales(tokens: Sequence[Token], words: Lexicon) -> frozenset[float]:
    named = words.numbers.scales
    at = [i for i, token in enumerate(tokens) if token.lower in named and (not i or tokens[i - 1].kind not in "NV")]
    return frozenset(named[tokens[i].lower] for i in at if not i or tokens[i - 1].lower not in words.number_starts)


def _sizes(quantity: Quantity) -> set[float]:
    return {abs(size) for reading in quantity.readings for size in (reading.value, reading.shown, reading.base)}
