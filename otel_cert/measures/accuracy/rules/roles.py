"""Two names of the answer that stand in each other's place in the context: `A bought B` where it has `B bought A`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.names import Name
from otel_cert.measures.accuracy.vocabulary import Vocabulary, vocabulary
from otel_cert.measures.accuracy.words import Word

_MOST_BETWEEN = 5
_SURE_SHARE = 0.6


def role_findings(alignment: Alignment) -> list[Finding]:
    """Return the first of two names that change places around the same verb; passives and symmetric verbs are let pass."""
    language = alignment.answer.language
    rules = vocabulary(language)
    found = []
    for matched in alignment.matched if rules else ():
        here = matched.names
        for first, second in pairwise(here):
            between = matched.words[first.last : second.first]
            for aligned in matched.best[:1]:
                finding = rules and _swapped(alignment, matched, (first, second), between, aligned, rules)
                if finding:
                    found.append(finding)
    return found


def _swapped(
    alignment: Alignment,
    matched: Matched,
    pair: tuple[Name, Name],
    between: Sequence[Word],
    aligned: Aligned,
    rules: Vocabulary,
) -> Finding | None:
    verbs = {word.stem for word in between if not word.stop and word.text.islower()}
    if aligned.share < _SURE_SHARE or not verbs or not _is_plain(alignment.answer.text, between, rules):
        return None
    if alignment.answer.language == "de" and any(_is_noun(matched.words, name, rules) for name in pair):
        return None  # "Nach der Messe stieg der Absatz": nobody acts
    text = alignment.context.chunks[aligned.chunk].text
    there = alignment.context.names(aligned)
    one, two = (_stems(matched.words[name.first : name.last]) for name in pair)
    if one & two:
        return None
    for first, second in pairwise(there):
        middle = aligned.words[first.last : second.first]
        if (
            two & (acting := _stems(aligned.words[first.first : first.last]))
            and not one & acting
            and one & _stems(aligned.words[second.first : second.last])
            and verbs & {word.stem for word in middle}
            and _is_plain(text, middle, rules)
        ):
            start, end = matched.words[pair[0].first].start, matched.words[pair[0].last - 1].end
            begin, stop = aligned.words[first.first].start, aligned.words[first.last - 1].end
            message = f"entity: {alignment.answer.text[start:end]}, context has {text[begin:stop]} in its place"
            return Finding("entity", start, end, message, aligned.chunk, begin, stop)
    return None


def _is_noun(words: Sequence[Word], name: Name, rules: Vocabulary) -> bool:
    """Return whether a German word with a capital is a common noun: an article stands before it."""
    return not name.sure and name.first > 0 and words[name.first - 1].folded in rules.determiners


def _stems(words: Sequence[Word]) -> set[str]:
    return {word.stem for word in words if not word.stop}


def _is_plain(text: str, between: Sequence[Word], rules: Vocabulary) -> bool:
    """Return whether words between two names are an active verb that does not hold both ways."""
    if not 0 < len(between) <= _MOST_BETWEEN or any(
        mark in text[between[0].start : between[-1].end] for mark in ",;:."
    ):
        return False
    return not any(word.folded in rules.symmetric or word.folded in rules.passive for word in between)
