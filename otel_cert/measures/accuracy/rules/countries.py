"""Countries under all their names: United States, U.S., USA, American; see `data/countries.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from otel_cert.measures.accuracy.vocabulary import fold, load
from otel_cert.measures.accuracy.words import Word

_EVERYWHERE = "any"


def countries(words: Sequence[Word], language: str) -> list[tuple[int, int, str]]:
    """Return the countries among words: the first word, behind the last, and the key of the country, in order."""
    phrases = _phrases(language)
    found, behind = [], 0
    for at, word in enumerate(words):
        if at < behind or word.folded not in phrases:
            continue
        for phrase, capitals, country in phrases[word.folded]:
            here = words[at : at + len(phrase)]
            if tuple(one.folded for one in here) != phrase or (capitals and not here[0].text.isupper()):
                continue
            behind = at + len(phrase)
            found.append((at, behind, country))
            break
    return found


@cache
def single_names(language: str) -> dict[str, str]:
    """Return each name of one word, folded, that needs no capitals, with the key of its country."""
    return {
        phrase[0]: country
        for phrases in _phrases(language).values()
        for phrase, capitals, country in phrases
        if len(phrase) == 1 and not capitals
    }


@cache
def _phrases(language: str) -> dict[str, list[tuple[tuple[str, ...], bool, str]]]:
    """Return first word -> phrases that begin with it, the longest first: words, whether only in capitals, country."""
    found: dict[str, list[tuple[tuple[str, ...], bool, str]]] = {}
    for country, names in load("countries").items():
        for name in f"{names.get(_EVERYWHERE, '')}, {names.get(language, '')}".split(","):
            words = tuple(fold(name).split())
            if words:
                # `U S` is what splitting leaves of U.S., in any case.
                capitals = len(words) == 1 and name.strip().isupper()
                found.setdefault(words[0], []).append((words, capitals, country))
    for phrases in found.values():
        phrases.sort(key=lambda one: -len(one[0]))
    return found
