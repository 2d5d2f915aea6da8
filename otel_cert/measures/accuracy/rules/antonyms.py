"""Words of the answer whose opposite the context has in their place: directions, comparisons, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.polarity import denials
from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Word, stem_of

_SURE_SHARE = 0.4
"""Share of an answer's sentence that the context's has, for two words to be about the same."""
_NEAR = 3
"""Words of meaning on each side that are neighbours."""


def antonym_findings(alignment: Alignment) -> list[Finding]:
    """Return the words whose opposite stands in the best sentence of the context, among the same neighbours."""
    language = alignment.answer.language
    sides = _sides(language)
    found = []
    for matched in alignment.matched if sides else ():
        here = [(at, sides[word.stem]) for at, word in enumerate(matched.words) if word.stem in sides]
        for at, groups in here:
            finding = _finding(alignment, matched, at, groups, sides)
            if finding:
                found.append(finding)
    return found


@cache
def _sides(language: str) -> dict[str, frozenset[tuple[int, int]]]:
    """Return stem -> the pairs it belongs to, each with its side, 0 or 1."""
    rules = vocabulary(language)
    found: dict[str, set[tuple[int, int]]] = {}
    for number, pair in enumerate(rules.opposites if rules else ()):
        for side, words in enumerate(pair):
            for word in words:
                found.setdefault(stem_of(word, language), set()).add((number, side))
    return {stem: frozenset(groups) for stem, groups in found.items()}


def _finding(
    alignment: Alignment,
    matched: Matched,
    at: int,
    groups: frozenset[tuple[int, int]],
    sides: dict[str, frozenset[tuple[int, int]]],
) -> Finding | None:
    opposite = {(number, 1 - side) for number, side in groups}
    if any(sides.get(word.stem, frozenset()) & opposite for word in matched.words):
        return None  # `from left to right` says both
    for aligned in matched.best:
        if aligned.share < _SURE_SHARE:
            continue
        if any(sides.get(word.stem, frozenset()) & groups for word in aligned.words):
            return None
        for place, other in enumerate(aligned.words):
            if sides.get(other.stem, frozenset()) & opposite and _agree(alignment, matched, at, aligned, place):
                word = matched.words[at]
                message = f"antonym: {word.text}, context has {other.text}"
                return Finding("antonym", word.start, word.end, message, aligned.chunk, other.start, other.end)
    return None


def _agree(alignment: Alignment, matched: Matched, at: int, aligned: Aligned, place: int) -> bool:
    """Return whether two words stand among the same neighbours, and neither or both are denied."""
    mine, theirs = matched.words[at], aligned.words[place]
    near = _NEAR if not (mine.stop or theirs.stop) else 1
    shared = _neighbors(matched.words, at, near) & _neighbors(aligned.words, place, near)
    if not shared or (near == 1 and len(shared) < 1):
        return False
    language = alignment.answer.language
    here = denials(alignment.answer.text, matched.words, language)
    there = denials(alignment.context.chunks[aligned.chunk].text, aligned.words, language)
    return any(at in one.scope for one in here) == any(place in one.scope for one in there)


def _neighbors(words: Sequence[Word], at: int, near: int) -> set[str]:
    before = [word.stem for word in reversed(words[:at]) if not word.stop][:near]
    behind = [word.stem for word in words[at + 1 :] if not word.stop][:near]
    return {*before, *behind}
