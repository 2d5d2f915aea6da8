"""Words that are opposites by their beginnings: "hypertension" for the context's "hypotension", "Nordufer" for "Südufer"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Word, stem_of

_SURE_SHARE = 0.4
"""Share of an answer's sentence that the context's has, for two words to be about the same."""
_LEAST_REST = 4
"""Letters that both have behind their beginnings."""


def beginning_findings(alignment: Alignment) -> Iterator[Finding]:
    """Yield the words of the answer that the context has with the opposite beginning, and not as they are."""
    language = alignment.answer.language
    for matched in alignment.matched:
        for aligned in matched.best[:1]:
            if aligned.share >= _SURE_SHARE:
                yield from _compared(matched, aligned, language)


def _compared(matched: Matched, aligned: Aligned, language: str) -> Iterator[Finding]:
    mine = {word.stem for word in matched.words}
    theirs = {word.stem for word in aligned.words}
    others = [other for other in aligned.words if other.stem not in mine and _may_be(other, language)]
    for word in matched.words:
        if word.stem in theirs or not _may_be(word, language):
            continue
        here = _split(word.folded, language)
        for other in others if here else ():
            if any((number, 1 - side, rest) in _split(other.folded, language) for number, side, rest in here):
                message = f"antonym: {word.text}, context has {other.text}"
                yield Finding("antonym", word.start, word.end, message, aligned.chunk, other.start, other.end)
                break


def _may_be(word: Word, language: str) -> bool:
    """Return whether a word is none of a name; German nouns have a capital, too."""
    return not word.stop and (word.text.islower() or language == "de")


@lru_cache(maxsize=1 << 16)
def _split(folded: str, language: str) -> frozenset[tuple[int, int, str]]:
    """Return what a word may be made of: the pair of beginnings, the side, and the stem of the rest."""
    rules = vocabulary(language)
    return frozenset(
        (number, side, stem_of(folded.removeprefix(beginning), language))
        for number, pair in enumerate(rules.opposite_beginnings if rules else ())
        for side, beginnings in enumerate(pair)
        for beginning in beginnings
        if folded.startswith(beginning) and len(folded) - len(beginning) >= _LEAST_REST
    )
