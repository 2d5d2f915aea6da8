"""The words of a text: where they stand, how they are compared, and what their stems are.

Offsets always count in the text as it was given; only what is compared is normalized.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from otel_cert.measures.accuracy.sentences import sentences
from otel_cert.measures.accuracy.vocabulary import fold, vocabulary

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer

_CACHE = 1 << 17
_CUT = 6
_STEMMERS = {
    "en": ("english_stemmer", "EnglishStemmer"),
    "es": ("spanish_stemmer", "SpanishStemmer"),
    "de": ("german_stemmer", "GermanStemmer"),
    "fr": ("french_stemmer", "FrenchStemmer"),
    "ru": ("russian_stemmer", "RussianStemmer"),
    "el": ("greek_stemmer", "GreekStemmer"),
    "ar": ("arabic_stemmer", "ArabicStemmer"),
}
# Scripts that write no spaces between words: each character, with its marks, is a word.
_UNSPACED = (
    r"\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"  # kana, Han
)
# Marks and joiners are part of a word and no letters to `re`.
_MARKS = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0981-\u0983"
    r"\u09bc-\u09cd\u0b82\u0bbe-\u0bcd\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u00ad\u200c\u200d"
)
_NUMBER = r"\d+(?:[.,]\d+)*"
_SPACED = rf"(?:[^\W_]+|[{_MARKS}]+)+"
_MIXED = rf"(?:(?![{_UNSPACED}])[^\W_]|[{_MARKS}])+"
_ELIDED = r"(?i:\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’](?=\w))|"


def _pattern(letters: str, elided: str = "") -> re.Pattern[str]:
    return re.compile(rf"{_NUMBER}(?:{letters})?|{elided}{letters}(?:['’]{letters})*")


_WORD = _pattern(_SPACED)
_FRENCH_WORD = _pattern(_SPACED, _ELIDED)
_MIXED_WORD = re.compile(rf"[{_UNSPACED}][{_MARKS}]*|" + _pattern(_MIXED).pattern)
_HAS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_lock = Lock()


class Word(NamedTuple):
    """A word of a text."""

    start: int
    """First character."""
    end: int
    """Behind the last character."""
    text: str
    """The characters, as given."""
    folded: str
    """NFKC, without case; an English possessive's 's is left out."""
    stem: str
    """What forms of the word have in common."""
    stop: bool
    """Whether it is one of the words without a meaning of their own."""


_make = Word._make  # a third of the time of a call with six arguments


class Sentence(NamedTuple):
    """A sentence of a text."""

    start: int
    """First character."""
    end: int
    """Behind the last character."""
    first: int
    """Its first word, counted from 0."""
    last: int
    """Behind its last word."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text with its sentences and words; made once, compared with many."""

    text: str
    """As given."""
    language: str
    """The language it was read in; `und` = none."""
    sentences: tuple[Sentence, ...]
    """In order; together they have all words."""
    words: tuple[Word, ...]
    """In order."""

    def words_of(self, sentence: Sentence) -> tuple[Word, ...]:
        """Return the words of one of its sentences."""
        return self.words[sentence.first : sentence.last]


def parse(text: str, language: str) -> Parsed:
    """Return the text's sentences and words, read in a language (`und` = none). Time grows linearly with the text."""
    words = words_of(text, language)
    starts = [word.start for word in words]
    found = []
    for start, end in sentences(text, language):
        found.append(Sentence(start, end, bisect_left(starts, start), bisect_left(starts, end)))
    return Parsed(text, language, tuple(found), tuple(words))


def words_of(text: str, language: str) -> list[Word]:
    """Return the words of a text in order."""
    pattern = _FRENCH_WORD if language == "fr" else _WORD
    if not text.isascii() and _HAS_UNSPACED.search(text):
        pattern = _MIXED_WORD
    found = []
    for match in pattern.finditer(text):
        token = match[0]
        folded, stem, stop = compared(token, language)
        if folded:  # a joiner or a soft hyphen by itself is no word
            found.append(_make((match.start(), match.end(), token, folded, stem, stop)))
    return found


@lru_cache(maxsize=_CACHE)
def compared(token: str, language: str) -> tuple[str, str, bool]:
    """Return how a word is compared: folded, its stem, and whether it is a stop word."""
    if len(token) > 100:
        token = token[:100]  # not a word: a stemmer would take long, and the cache would keep it
    folded = fold(token)
    known = vocabulary(language)
    stop = known is not None and folded in known.stop_words
    if not stop and folded.endswith("'s"):
        folded = folded[:-2] or folded
    return folded, folded if stop else _stem(folded, language), stop


def stem_of(word: str, language: str) -> str:
    """Return the stem of a word."""
    return compared(word, language)[1]


def _stem(folded: str, language: str) -> str:
    if not folded[:1].isalpha() or (len(folded) < 3 and folded.isascii()):
        return folded
    name = language if language in ("en", "es", "de", "fr") and folded[0] < "\u0250" else _by_script(folded[0])
    if name is None:
        # No stemmer: the first letters, which work about as well for languages that inflect by endings (Can et al. 2008).
        return folded[:_CUT] if folded[0] < "\u3000" else folded
    with _lock:  # a stemmer keeps the word it works on
        stemmed: str = _stemmer(name).stemWord(folded)
    return stemmed or folded


def _by_script(letter: str) -> str | None:
    if "\u0400" <= letter <= "\u04ff":
        return "ru"
    if "\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff":
        return "el"
    return "ar" if "\u0600" <= letter <= "\u06ff" else None


@lru_cache
def _stemmer(name: str) -> BaseStemmer:
    # By its module: `snowballstemmer.stemmer` would take another implementation where one is installed, with other stems.
    from importlib import import_module

    module, kind = _STEMMERS[name]
    made: BaseStemmer = getattr(import_module(f"snowballstemmer.{module}"), kind)()
    return made
