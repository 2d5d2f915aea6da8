"""The figures of a text: its quantities and its dates, read once and compared with many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from otel_cert.measures.accuracy.rules.date import Date
from otel_cert.measures.accuracy.rules.dates import dates
from otel_cert.measures.accuracy.rules.lexicon import lexicon
from otel_cert.measures.accuracy.rules.numbers import quantities
from otel_cert.measures.accuracy.rules.numerals import marks
from otel_cert.measures.accuracy.rules.quantity import Quantity
from otel_cert.measures.accuracy.rules.tokens import tokenize


@dataclass(frozen=True, slots=True)
class Figures:
    """Quantities and dates of a text, in their order."""

    quantities: tuple[Quantity, ...]
    dates: tuple[Date, ...]
    years: frozenset[int]
    """Years of its dates, and four-digit numbers that may be years."""


@lru_cache(maxsize=256)
def figures(text: str, language: str) -> Figures:
    """Return the figures of a text, read in a language; the last texts are remembered. Time grows linearly with the text."""
    words = lexicon(language)
    tokens = tokenize(text)
    found, taken = dates(text, tokens, words)
    style = marks((token.lower for token in tokens if token.kind == "N"), words.numbers.decimal, words.numbers.sure)
    numbers = quantities(text, tokens, taken, words, style)
    years = {date.year for date in found if date.year is not None}
    years |= {int(number.first.value) for number in numbers if number.year}
    return Figures(tuple(numbers), tuple(found), frozenset(years))
