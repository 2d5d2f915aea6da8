"""Whether a context has a name in any form: inflected, without accents, as adjective, misspelt, in part or as acronym."""

from __future__ import annotations

import re
import unicodedata
import weakref
from collections.abc import Sequence
from functools import cached_property, lru_cache

from otel_cert.measures.accuracy.rules.acronyms import spells_out
from otel_cert.measures.accuracy.rules.align import Context
from otel_cert.measures.accuracy.rules.countries import countries, single_names
from otel_cert.measures.accuracy.rules.names import is_acronym, is_capital
from otel_cert.measures.accuracy.vocabulary import fold
from otel_cert.measures.accuracy.words import Parsed, Word, stem_of

# Endings that turn a country, a place or a person into an adjective, an inhabitant or a possessive.
_ENDINGS = re.split(
    r"\s+",
    "ische ischen ischer isches isch ian ean ese ish ois ais ien ano ana ens eño ine ia an er en in ic es ey is us "
    "a e y i o n s",
)
_LEAST_BASE = 4
_LEAST_TYPO = 6
_LEAST_INSIDE = 5


_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
"""Letters that are not a plain one with an accent, as they are written where there is no key for them."""


@lru_cache(maxsize=1 << 16)
def plain(folded: str) -> str:
    """Return a folded word without accents and apostrophes."""
    if folded.isascii():
        return folded.replace("'", "")
    letters = unicodedata.normalize("NFD", folded.replace("'", "").translate(_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@lru_cache(maxsize=1 << 16)
def forms(folded: str, language: str) -> frozenset[str]:
    """Return what a name is known by: itself, its stem, and what stays of it without an ending."""
    bare = plain(folded)
    found = {bare, plain(stem_of(folded, language))}
    if folded in single_names(language):
        found.add(f"={single_names(language)[folded]}")
    for ending in _ENDINGS:
        if bare.endswith(ending) and len(bare) - len(ending) >= _LEAST_BASE:
            found.add(bare[: -len(ending)])
    return frozenset(form for form in found if form)


class Known:
    """The names and words of a context, as they are looked up for names."""

    def __init__(self, context: Context, language: str) -> None:
        self._chunks = context.chunks
        self._language = language
        self._found: dict[str, bool] = {}

    def has(self, word: Word) -> bool:
        """Return whether the context has a word of a name in any form."""
        if is_acronym(word) and word.stop:
            return self.writes(word) or self.spells(word)
        if word.folded not in self._found:
            self._found[word.folded] = self._has(word)
        return self._found[word.folded]

    def _has(self, word: Word) -> bool:
        bare = plain(word.folded)
        if len(bare) < 2 or not self._forms.isdisjoint(forms(word.folded, self._language)):
            return True
        if len(bare) >= _LEAST_INSIDE and bare in self.squeezed:
            return True
        if len(bare) >= _LEAST_TYPO and any(one_edit(bare, other) for other in self._initial.get(bare[0], ())):
            return True
        if self._language == "de" and any(bare.startswith(other) for other in self._initial.get(bare[0], ())):
            return True
        return is_acronym(word) and self.spells(word)

    def writes(self, acronym: Word) -> bool:
        """Return whether the context has an acronym as such."""
        return acronym.text.rstrip("s") in self._acronyms

    def spells(self, acronym: Word) -> bool:
        """Return whether the first letters of words in a row of the context spell an acronym."""
        return spells(self._initials, acronym) or spells_out(self._chunks, acronym, self._language)

    def abbreviates(self, words: Sequence[Word]) -> bool:
        """Return whether the context has the acronym of a name."""
        every = "".join(word.text[0] for word in words).upper()
        meant = "".join(word.text[0] for word in words if is_capital(word)).upper()
        return len(meant) >= 2 and bool({every, meant} & self._acronyms)

    def has_country(self, words: Sequence[Word]) -> bool:
        """Return whether a name is one of a country that the context has under any of its names."""
        found = countries(words, self._language)
        return len(found) == 1 and found[0][:2] == (0, len(words)) and found[0][2] in self._countries

    @cached_property
    def _countries(self) -> frozenset[str]:
        return frozenset(key for chunk in self._chunks for _, _, key in countries(chunk.words, self._language))

    @cached_property
    def _words(self) -> dict[str, Word]:
        return {word.text: word for chunk in self._chunks for word in chunk.words}

    @cached_property
    def _forms(self) -> frozenset[str]:
        return frozenset().union(*(forms(word.folded, self._language) for word in self._words.values()))

    @cached_property
    def _acronyms(self) -> frozenset[str]:
        return frozenset(text.rstrip("s") for text, word in self._words.items() if is_acronym(word))

    @cached_property
    def _initial(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self._words.values():
            bare = plain(word.folded)
            if len(bare) >= _LEAST_INSIDE and is_capital(word):
                found.setdefault(bare[0], []).append(bare)
        return found

    @cached_property
    def _initials(self) -> Initials:
        return initials(self._chunks)

    @cached_property
    def squeezed(self) -> str:
        """Return the whole context in folded letters and digits, without what stands between words."""
        return "\n".join(squeeze(chunk.text) for chunk in self._chunks)


Initials = tuple[list[str], list[str]]
"""First letters of rows of words: of those with capitals, and of all of a text with and without stop words."""


def initials(texts: Sequence[Parsed]) -> Initials:
    """Return the first letters of rows of words."""
    capital, meant = [], []
    for text in texts:
        capital.append("".join(word.folded[0] if is_capital(word) else " " for word in text.words if not _small(word)))
        meant.append("".join(word.folded[0] for word in text.words if not word.stop))
        meant.append("".join(word.folded[0] for word in text.words))
    return capital, meant


def spells(rows: Initials, acronym: Word) -> bool:
    """Return whether first letters spell an acronym; a short one only where the words have capitals."""
    letters = acronym.folded.removesuffix("s") if acronym.text[-1] == "s" else acronym.folded
    return len(letters) >= 2 and any(letters in row for row in (rows[0] if len(letters) < 4 else rows[1]))


def known_names(context: Context, language: str) -> Known:
    """Return the names of a context; made once for all answers to it."""
    key = (id(context), language)
    if key not in _KNOWN:
        _KNOWN[key] = Known(context, language)
        weakref.finalize(context, _KNOWN.pop, key, None)
    return _KNOWN[key]


_KNOWN: dict[tuple[int, str], Known] = {}


def _small(word: Word) -> bool:
    return word.stop and word.text.islower()


def squeeze(text: str) -> str:
    """Return the folded letters and digits of a text, without accents."""
    return re.sub(r"[\W_]+", "", plain(fold(text)))


def one_edit(one: str, other: str) -> bool:
    """Return whether one letter more, less, other or swapped with its neighbour makes one word the other (Damerau 1964)."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    if len(one) == len(other):
        swapped = one[at + 1 : at + 2] + one[at : at + 1] == other[at : at + 2] and one[at + 2 :] == other[at + 2 :]
        return swapped or one[at + 1 :] == other[at + 1 :]
    return one[at:] == other[at + 1 :] or one[at + 1 :] == other[at:]
