"""Acronyms of names with few capitals: `OMS` of "Organisation mondiale de la santé", `EZB` of "Europäische Zentralbank"."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Parsed, Word

_LEAST = 3
"""Letters of an acronym: two stand at the head of too many words."""
_INSIDE = 3
"""Letters that a part of a compound has at least."""
_INFLECTED = ("", "s", "es", "en", "e", "n")


def spells_out(texts: Sequence[Parsed], acronym: Word, language: str) -> bool:
    """Return whether a name that begins with a capital spells an acronym of three letters or more.

    In Spanish and French its other words need none; in German a compound may stand for several letters.
    """
    letters = acronym.folded.removesuffix("s") if acronym.text[-1] == "s" else acronym.folded
    if len(letters) < _LEAST or language not in ("de", "es", "fr"):
        return False
    return any(_spelled(text, letters, language) for text in texts)


def _spelled(text: Parsed, letters: str, language: str) -> bool:
    words = [word for word in text.words if not word.stop]
    for at, word in enumerate(words):
        if not word.text[0].isupper() or _bare(word.folded[0]) != letters[0]:
            continue
        if language == "de":
            if _compounds([one.folded for one in words[at : at + len(letters)]], letters):
                return True
        elif "".join(_bare(one.folded[0]) for one in words[at : at + len(letters)]) == letters:
            return True
    return False


def _compounds(words: Sequence[str], letters: str) -> bool:
    """Return whether words in a row spell letters: each by its first, a compound also by the first of its other parts."""
    if not letters or not words:
        return not letters
    if words[0][0] != letters[0]:
        return False
    return any(
        (count == 1 or _parts(words[0], letters[1:count])) and _compounds(words[1:], letters[count:])
        for count in range(1, len(letters) + 1)
    )


def _parts(word: str, letters: str) -> bool:
    """Return whether the inner parts of a compound begin with letters, the last of them a head."""
    known = vocabulary("de")
    heads = [
        len(word) - len(head) - len(ending)
        for head in (known.heads if known else ())
        if head[0] == letters[-1]
        for ending in _INFLECTED
        if word.endswith(head + ending)
    ]
    at = 0
    for letter in letters[:-1]:
        at = word.find(letter, at + _INSIDE)
        if at < 0:
            return False
    return any(head >= at + _INSIDE for head in heads)


@lru_cache(256)
def _bare(letter: str) -> str:
    """Return a letter without its accent."""
    return unicodedata.normalize("NFD", letter)[0]
