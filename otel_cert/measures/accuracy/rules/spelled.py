"""Numbers in words: "twenty-five", "fünfundzwanzig", "mil quinientos", "quatre-vingt-dix-sept", "2.5 million"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from otel_cert.measures.accuracy.rules.lexicon import Lexicon
from otel_cert.measures.accuracy.rules.tokens import HYPHENS, VULGAR, Token


class Spelled(NamedTuple):
    """A number in words."""

    value: float
    end: int
    """Position behind its last token."""
    scaled: float
    """The product of its scales: 1e6 for "five million", 1 for "five"."""
    parts: int
    """How many words it has."""


def spelled(tokens: Sequence[Token], i: int, words: Lexicon) -> Spelled | None:
    """Return the number in words that starts at token `i`; None = there is none.

    Words are added while they shrink ("hundred and five"), and multiplied by what is larger ("five hundred", "two
    million"), as in all four languages.
    """
    total = current = 0.0
    parts, end, scaled, last = 0, i, 1.0, 0.0
    article = tokens[i].lower in words.numbers.articles
    j = i
    while j < len(tokens):
        word = tokens[j].lower
        value = _value(word, words)
        scale = words.numbers.scales.get(word)
        if scale is not None and (parts or article or _alone(scale, word)):
            if scale < 1000:
                current = (current or 1.0) * scale
            else:
                total, current = (
                    (total * scale, 0.0) if parts and not current else (total + (current or 1.0) * scale, 0.0)
                )
                scaled = max(scaled, scale)
            last = scale
        elif value is not None and _fits(value, current, last, words.language):
            current = 80.0 if (current, value) == (4.0, 20.0) else current + value
            last = value if current != 80.0 else 80.0
        elif not (parts == 0 and article and j == i):
            break
        if scale is not None or value is not None:
            parts, end = parts + 1, j + 1
        j = _next(tokens, j, words)
    return Spelled(total + current, end, scaled, parts) if parts else None


def ordinal(word: str, words: Lexicon) -> float:
    """Return the value of an ordinal of one word, 0 = it is none; German makes them of any number: "einundzwanzigster"."""
    found = words.numbers.ordinals.get(word, 0.0)
    if found or words.language != "de" or len(word) < _LEAST_ORDINAL:
        return found
    for ending in _ORDINAL_ENDINGS:
        if word.endswith(ending):
            value = _german(word.removesuffix(ending)) or 0.0
            return value if value >= _FIRST_WITH_S else 0.0
    return 0.0


_ORDINAL_ENDINGS = ("ste", "sten", "ster", "stes", "stem")
_FIRST_WITH_S = 20
_LEAST_ORDINAL = len("hundertste")


def half(tokens: Sequence[Token], i: int, words: Lexicon) -> tuple[float, int] | None:
    """Return what "and a half", "y medio", "et demi" or `½` at token `i` adds to the number before it."""
    if i < len(tokens) and tokens[i].kind == "V":
        return VULGAR[tokens[i].lower], i + 1
    if i >= len(tokens) or tokens[i].lower not in words.numbers.joiners:
        return None
    i += 1
    if i < len(tokens) and tokens[i].lower in words.numbers.articles:
        i += 1
    if i < len(tokens) and tokens[i].lower in words.numbers.halves:
        return 0.5, i + 1
    return None


def _alone(scale: float, word: str) -> bool:
    """Whether a scale word is a number by itself: "mil", "hundert", "cent"; the plural "millions" is vague."""
    return word in ("mil", "hundert", "tausend", "cent", "mille", "cien") and scale <= 1000


def _fits(value: float, current: float, last: float, language: str) -> bool:
    if current == 0:
        return True
    if language == "fr" and current == 4 and value == 20:
        return True
    if last >= 100:
        return value < last
    if language == "fr" and last == 10 and current % 100 in (70, 90):
        return value < 10
    if language == "fr" and last in (60, 80):
        return value < 20
    return last >= 20 and value < 10 and last % 10 == 0


def _next(tokens: Sequence[Token], j: int, words: Lexicon) -> int:
    """Return the position of the next word of the same number, over a hyphen and "and"; else the end of the text."""
    following = j + 1
    if following < len(tokens) and tokens[following].lower in HYPHENS:
        following += 1
    elif following + 1 < len(tokens) and tokens[following].lower in words.numbers.joiners:
        small = _value(tokens[following + 1].lower, words)
        behind = tokens[following + 2].lower if following + 2 < len(tokens) else ""
        if small is None or behind in words.numbers.scales or not _joins(tokens[j].lower, words):
            return len(tokens)
        following += 1
    if (
        following < len(tokens)
        and tokens[following].kind == "W"
        and tokens[following].start - tokens[following - 1].end <= 1
    ):
        return following
    return len(tokens)


def _joins(word: str, words: Lexicon) -> bool:
    """Whether "and" may follow inside a number: after a scale, and in Spanish and French after tens."""
    if word in words.numbers.scales:
        return True
    value = _value(word, words) or 0.0
    return words.language in ("es", "fr") and value >= 20


def _value(word: str, words: Lexicon) -> float | None:
    found = words.numbers.words.get(word)
    if found is None and words.language == "de" and word[:3] in _GERMAN:
        return _german(word)
    return found


_UNITS = {
    "ein": 1,
    "eins": 1,
    "zwei": 2,
    "drei": 3,
    "vier": 4,
    "fünf": 5,
    "sechs": 6,
    "sieben": 7,
    "acht": 8,
    "neun": 9,
}
_TENS = {"zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70,
         "achtzig": 80, "neunzig": 90}  # fmt: skip
_TEENS = {"zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17,
          "achtzehn": 18, "neunzehn": 19}  # fmt: skip
_GERMAN = frozenset(word[:3] for word in [*_UNITS, *_TENS, *_TEENS, "hundert", "tausend"])


@lru_cache(16384)
def _german(word: str) -> float | None:
    """Return the value of a German compound below a million: "zweitausenddreihundertfünfundzwanzig" is 2325."""
    if len(word) > 80:
        return None
    head, found, rest = word.partition("tausend")
    if found:
        thousands = _below_thousand(head) if head else 1
        units = _below_thousand(rest.removeprefix("und")) if rest else 0
        return None if thousands is None or units is None else float(thousands * 1000 + units)
    value = _below_thousand(word)
    return None if value is None else float(value)


def _below_thousand(word: str) -> int | None:
    head, found, rest = word.partition("hundert")
    if found:
        hundreds = (_UNITS | _TEENS).get(head) if head else 1
        units = _below_hundred(rest.removeprefix("und")) if rest else 0
        return None if hundreds is None or units is None else hundreds * 100 + units
    return _below_hundred(word)


def _below_hundred(word: str) -> int | None:
    if word in _UNITS or word in _TEENS or word in _TENS:
        return _UNITS.get(word) or _TEENS.get(word) or _TENS[word]
    for unit, value in _UNITS.items():
        ten = _TENS.get(word.removeprefix(unit + "und")) if word.startswith(unit + "und") else None
        if ten is not None:
            return ten + value
    return None
