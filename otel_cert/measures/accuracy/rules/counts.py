"""Small numbers with which an answer counts what the context lists: "two British boxers", "three ways"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from otel_cert.measures.accuracy.rules.figures import Figures
from otel_cert.measures.accuracy.rules.quantity import Hedge, Quantity
from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Parsed, Word

MOST = 12
"""Nobody counts further without saying so."""
_REACH = 3
"""Words behind a number among which its noun is."""
_LEAST = 8
_NO_NOUNS = frozenset(["times", "years", "days", "months", "weeks", "hours", "minutes", "veces", "fois", "años", "ans"])
_IRREGULAR = frozenset(["people", "men", "women", "children", "persons", "gente"])


def counts_itself(answer: Parsed, quantity: Quantity, context: Sequence[Parsed], given: Sequence[Figures]) -> bool:
    """Return whether a small number may count what the context lists, which nowhere counts the same noun.

    Of what a source is said to describe, the answer counts whatever it likes: "the passage describes two people".
    """
    first = quantity.first
    if len(answer.words) < _LEAST:
        return False  # an answer that is nothing but the number and its noun
    plain = first.dimension == "number" and not quantity.code and not quantity.scaled and quantity.hedge is Hedge.NONE
    if not plain or quantity.bound or not 2 <= first.value <= MOST or first.value % 1:
        return False
    if _of_source(answer, quantity.start):
        return True
    noun = next((word for word in _behind(answer, quantity.end) if _is_plural(word, answer.language)), None)
    return noun is not None and not any(
        noun.stem in {word.stem for word in _behind(chunk, other.end)}
        for chunk, figures in zip(context, given, strict=True)
        for other in figures.quantities
        if other.first.dimension == "number" and not other.year
    )


def _of_source(answer: Parsed, at: int) -> bool:
    """Return whether a sentence says before a character that a source describes something."""
    known = vocabulary(answer.language)
    sentence = next((one for one in answer.sentences if one.start <= at < one.end), None)
    if known is None or sentence is None:
        return False
    before = {word.folded for word in answer.words_of(sentence) if word.end <= at}
    return bool(before & known.sources and before & known.says)


def _behind(text: Parsed, at: int) -> Iterator[Word]:
    """Yield the words that directly follow a character, of one phrase."""
    first = bisect_left(text.words, at, key=lambda word: word.start)
    before = at
    for word in text.words[first : first + _REACH]:
        if text.text[before : word.start].strip(" *'’\""):
            return
        yield word
        before = word.end


def _is_plural(word: Word, language: str) -> bool:
    if word.stop or word.folded in _NO_NOUNS or len(word.folded) < 3 or not word.folded.isalpha():
        return False
    if language == "de":
        return word.text[0].isupper() and word.folded.endswith(("e", "n", "r", "s"))
    if language in ("en", "es", "fr"):
        plural = word.folded.endswith(("s", "x") if language == "fr" else "s") and not word.folded.endswith(
            ("ss", "us")
        )
        return plural or word.folded in _IRREGULAR
    return False
