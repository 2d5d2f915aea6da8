"""Words of the answer whose opposite the context has in their place: directions, comparisons, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.beginnings import beginning_findings
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.polarity import denials
from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Word, stem_of

_SURE_SHARE = 0.4
"""Share of an answer's sentence that the context's has, for two words to be about the same."""
_NEAR = 3
"""Words of meaning on each side that are neighbours."""
_AROUND, _LEAST, _SHARED, _SURE_AROUND = 4, 3, 2, 0.5
"""Words of meaning on each side that say by themselves what a word is about: the least there are, the least that a sentence
of the context shares, and the share of their weight that it has."""


Groups = frozenset[tuple[int, int]]
"""Pairs that a word belongs to: the number of each, and its side, 0 or 1."""
_NONE: Groups = frozenset()


class _Sided(NamedTuple):
    """A word of the answer that has an opposite."""

    matched: Matched
    """Its sentence."""
    at: int
    """The word, counted in the sentence."""
    same: Groups
    """What it says itself."""
    opposite: Groups
    """What its opposites say."""

    @property
    def word(self) -> Word:
        """Return the word."""
        return self.matched.words[self.at]


def antonym_findings(alignment: Alignment) -> list[Finding]:
    """Return the words whose opposite the context has: in the best sentence, or in one that says the same around it."""
    sides = _sides(alignment.answer.language)
    found = []
    for sided in _sided(alignment, sides):
        there = _in_best(alignment, sided, sides) or _around(alignment, sided, sides)
        if there:
            aligned, other = there
            word, message = sided.word, f"antonym: {sided.word.text}, context has {other.text}"
            found.append(Finding("antonym", word.start, word.end, message, aligned.chunk, other.start, other.end))
    return [*found, *beginning_findings(alignment)]


def _sided(alignment: Alignment, sides: dict[str, Groups]) -> Iterator[_Sided]:
    """Yield the words with an opposite, without those of a sentence that says both: `from left to right`."""
    for matched in alignment.matched if sides else ():
        here = [(at, sides[word.stem]) for at, word in enumerate(matched.words) if word.stem in sides]
        said = _NONE.union(*(groups for _, groups in here))
        for at, groups in here:
            opposite = frozenset((number, 1 - side) for number, side in groups)
            if not said & opposite:
                yield _Sided(matched, at, groups, opposite)


@cache
def _sides(language: str) -> dict[str, Groups]:
    """Return stem -> the pairs it belongs to."""
    return {stem: frozenset(groups) for stem, groups in _inverted(_stems(language)).items()}


@cache
def _stems(language: str) -> dict[tuple[int, int], frozenset[str]]:
    """Return the stems of each side of each pair."""
    rules = vocabulary(language)
    return {
        (number, side): frozenset(stem_of(word, language) for word in words)
        for number, pair in enumerate(rules.opposites if rules else ())
        for side, words in enumerate(pair)
    }


def _inverted(stems: dict[tuple[int, int], frozenset[str]]) -> dict[str, set[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for group, each in stems.items():
        for stem in each:
            found.setdefault(stem, set()).add(group)
    return found


def _in_best(alignment: Alignment, sided: _Sided, sides: dict[str, Groups]) -> tuple[Aligned, Word] | None:
    """Return the opposite among the same neighbours, in a sentence that shares most with the word's whole sentence."""
    for aligned in sided.matched.best:
        if aligned.share < _SURE_SHARE:
            continue
        if any(sides.get(word.stem, _NONE) & sided.same for word in aligned.words):
            return None
        for place, other in enumerate(aligned.words):
            if sides.get(other.stem, _NONE) & sided.opposite and _agree(alignment, sided, aligned, place):
                return aligned, other
    return None


def _around(alignment: Alignment, sided: _Sided, sides: dict[str, Groups]) -> tuple[Aligned, Word] | None:
    """Return the opposite in a sentence that shares most with the words around; the rest may be about something else."""
    stems = _stems(alignment.answer.language)
    if not _common(sided.word) or not any(
        stem in alignment.context.postings for side in sided.opposite for stem in stems[side]
    ):
        return None
    words, at = sided.matched.words, sided.at
    near = [word for word in words[:at] if not word.stop][-_AROUND:]
    near += [word for word in words[at + 1 :] if not word.stop][:_AROUND]
    found = None
    for aligned in alignment.context.best(near) if len(near) >= _LEAST else ():
        there = {word.stem for word in aligned.words}
        if aligned.share < _SURE_AROUND or sum(word.stem in there for word in near) < _SHARED:
            continue
        if any(sides.get(stem, _NONE) & sided.same for stem in there):
            return None
        found = found or _opposite(alignment, sided, aligned, sides)
    return found


def _opposite(
    alignment: Alignment, sided: _Sided, aligned: Aligned, sides: dict[str, Groups]
) -> tuple[Aligned, Word] | None:
    for place, other in enumerate(aligned.words):
        meant = _common(other) and sides.get(other.stem, _NONE) & sided.opposite
        if meant and _both_denied(alignment, sided, aligned, place):
            return aligned, other
    return None


def _common(word: Word) -> bool:
    """Return whether a word has a meaning, and is not part of a name: `Short Message Service`, winds from the `South`."""
    return not word.stop and word.text.islower()


def _agree(alignment: Alignment, sided: _Sided, aligned: Aligned, place: int) -> bool:
    """Return whether two words stand among the same neighbours, and neither or both are denied."""
    near = _NEAR if not (sided.word.stop or aligned.words[place].stop) else 1
    shared = _neighbors(sided.matched.words, sided.at, near) & _neighbors(aligned.words, place, near)
    return bool(shared) and _both_denied(alignment, sided, aligned, place)


def _both_denied(alignment: Alignment, sided: _Sided, aligned: Aligned, place: int) -> bool:
    """Return whether two words are both denied, or neither is."""
    language = alignment.answer.language
    here = denials(alignment.answer.text, sided.matched.words, language)
    there = denials(alignment.context.chunks[aligned.chunk].text, aligned.words, language)
    return any(sided.at in one.scope for one in here) == any(place in one.scope for one in there)


def _neighbors(words: Sequence[Word], at: int, near: int) -> set[str]:
    before = [word.stem for word in reversed(words[:at]) if not word.stop][:near]
    behind = [word.stem for word in words[at + 1 :] if not word.stop][:near]
    return {*before, *behind}
