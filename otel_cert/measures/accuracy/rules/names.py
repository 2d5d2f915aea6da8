"""Names in a text: of people, places and organizations, by their capitals, and acronyms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otel_cert.measures.accuracy.vocabulary import Vocabulary, vocabulary
from otel_cert.measures.accuracy.words import Word

_MOST_PARTICLES = 3
_NOUN_ENDINGS = (
    "ung",
    "heit",
    "keit",
    "schaft",
    "tion",
    "tät",
    "ismus",
    "nis",
    "tum",
    "ment",
    "ungen",
    "tionen",
    "igkeiten",
)


class Name(NamedTuple):
    """A name in a sentence."""

    first: int
    """Its first word, counted in the sentence."""
    last: int
    """Behind its last word."""
    sure: bool
    """Whether its capitals say that it is a name, rather than the start of a sentence, a headline or a German noun."""


def is_acronym(word: Word) -> bool:
    """Return whether a word is written in capitals, e.g. `WHO` or `CEOs`."""
    text = word.text
    return (
        len(text) >= 2
        and text[:2].isupper()
        and text[1].isalnum()
        and (text.isupper() or (text[:-1].isupper() and text[-1] == "s"))
    )


def is_capital(word: Word) -> bool:
    """Return whether a word is written as names are: a capital first, or inside as in `iPhone`."""
    text = word.text
    if text.islower():
        return False
    return (text[0].isupper() and (not word.stop or is_acronym(word))) or (text[0].islower() and _mixed(text))


def _mixed(text: str) -> bool:
    return any(letter.isupper() for letter in text[1:]) and text.isalpha()


def names(text: str, words: Sequence[Word], language: str) -> list[Name]:
    """Return the names among the words of a sentence, in order."""
    capitals = [is_capital(word) for word in words]
    if not any(capitals):
        return []
    known = vocabulary(language)
    headline = _is_headline(words, capitals)
    found: list[Name] = []
    at = 0
    while at < len(words):
        if not capitals[at] or not _may_be_name(words[at], known):
            at += 1
            continue
        last = _last(text, words, capitals, at, known)
        found.append(Name(at, last, _is_sure(text, words, at, last, headline, language)))
        at = last
    return found


def _is_headline(words: Sequence[Word], capitals: Sequence[bool]) -> bool:
    """Return whether capitals say nothing here: most words have one, or are nothing but capitals."""
    meant = [capital for word, capital in zip(words, capitals, strict=True) if not word.stop and word.text[0].isalpha()]
    shouted = sum(word.text.isupper() and len(word.text) > 1 for word in words)
    return (len(meant) >= 3 and sum(meant) >= 0.9 * len(meant)) or (len(words) >= 3 and shouted >= 0.6 * len(words))


def _may_be_name(word: Word, known: Vocabulary | None) -> bool:
    return known is None or (word.folded not in known.not_names and word.folded.rstrip(".") not in known.titles)


def _last(text: str, words: Sequence[Word], capitals: Sequence[bool], first: int, known: Vocabulary | None) -> int:
    """Return the end of the name that begins with a word."""
    last = first + 1
    while last < len(words) and _joins(text[words[last - 1].end : words[last].start], words[last - 1]):
        if capitals[last] and _may_be_name(words[last], known):
            last += 1
            continue
        beyond = _behind_particles(words, last, known)
        if (
            not last < beyond < len(words)
            or not capitals[beyond]
            or "," in text[words[last].start : words[beyond].start]
        ):
            break
        last = beyond + 1
    return last


def _behind_particles(words: Sequence[Word], at: int, known: Vocabulary | None) -> int:
    """Return the first word behind particles of a name: `van der`, `de la`; an article alone joins two nouns."""
    beyond = at
    if known is not None and words[at].folded not in known.determiners:
        while beyond < min(len(words), at + _MOST_PARTICLES) and words[beyond].folded in known.particles:
            beyond += 1
    return beyond


def _joins(between: str, before: Word) -> bool:
    initial = (between == "." and len(before.text) == 1) or (between == ". " and len(before.text) <= 2)
    return initial or between in (" ", "-", "\u2011", " & ", "", "'", "’")


def _is_sure(text: str, words: Sequence[Word], first: int, last: int, headline: bool, language: str) -> bool:
    shouted = last - first > 1 and all(word.text.isupper() for word in words[first:last])
    if (
        headline
        or shouted
        or (_opens(text, words, first) and text[words[last - 1].end : words[last - 1].end + 1] in (":", "*"))
    ):
        return False
    if any(is_acronym(word) or _mixed(word.text) for word in words[first:last]):
        return True
    if language == "de":
        nouns = any(word.text.endswith(_NOUN_ENDINGS) or word.text.islower() for word in words[first:last])
        return last - first > 1 and not nouns
    return last - first > 1 or not _opens(text, words, first)


def _opens(text: str, words: Sequence[Word], at: int) -> bool:
    """Return whether a word is the first of a sentence, a quotation, an item or what follows a colon."""
    return at == 0 or bool(text[words[at - 1].end : words[at].start].strip(" ,'’&/-\u2011"))
