"""Pronouns that refer to nobody: the answer names no one before them, or the context speaks of the other sex only.

One of the errors of summaries that people tell apart (coreference: Pagnoni et al. 2021, "FRANK").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.vocabulary import Pronouns, vocabulary
from otel_cert.measures.accuracy.words import Word

_SURE_SHARE = 0.4
"""Share of an answer's sentence that the context's has, for both to speak of the same person."""
_NEAR = 2
"""Sentences before and behind it that may name the person."""


def pronoun_findings(alignment: Alignment) -> list[Finding]:
    """Return the pronoun that opens an answer of several sentences, and those of the wrong sex; a question may name whom."""
    rules = vocabulary(alignment.answer.language)
    if rules is None:
        return []
    return [*_opening(alignment, rules.pronouns), *_of_other_sex(alignment, rules.pronouns)]


def _opening(alignment: Alignment, pronouns: Pronouns) -> Iterator[Finding]:
    """Yield the first word where it stands for a name that was not said.

    A single sentence may be cut out of a text that did say it, and one that the context begins alike is quoted.
    """
    words = alignment.answer.words
    said = [matched for matched in alignment.matched if matched.words]
    if alignment.question is not None or len(said) < 2 or words[0].folded not in pronouns.personal:
        return
    if words[0].folded in pronouns.impersonal and words[1].folded in pronouns.impersonal_verbs:
        return  # `It is important to ...`
    best = said[0].best
    if not best or any(aligned.words[0].folded == words[0].folded for aligned in best):
        return
    yield Finding("pronoun", words[0].start, words[0].end, f"pronoun: {words[0].text}, nobody is named before it")


def _of_other_sex(alignment: Alignment, pronouns: Pronouns) -> Iterator[Finding]:
    for matched in alignment.matched if pronouns.sexes else ():
        for (own, people), (others, _) in (pronouns.sexes, pronouns.sexes[::-1]):
            said = next((word for word in matched.words if word.folded in own), None)
            if said is None or _has(matched.words, people | others):
                continue
            there = _contradicting(alignment, matched, own | people, others)
            if there is not None:
                aligned, other = there
                message = f"pronoun: {said.text}, context has {other.text}"
                yield Finding("pronoun", said.start, said.end, message, aligned.chunk, other.start, other.end)


def _contradicting(
    alignment: Alignment, matched: Matched, same: frozenset[str], others: frozenset[str]
) -> tuple[Aligned, Word] | None:
    """Return the pronoun of the other sex in the best sentences of the context; None where one of the same is near."""
    found = None
    for aligned in matched.best:
        if aligned.share < _SURE_SHARE:
            continue
        if _has(_around(alignment, aligned), same):
            return None
        found = found or next(((aligned, word) for word in aligned.words if word.folded in others), None)
    return found


def _around(alignment: Alignment, aligned: Aligned) -> tuple[Word, ...]:
    chunk = alignment.context.chunks[aligned.chunk]
    at = chunk.sentences.index(aligned.sentence)
    first, last = chunk.sentences[max(0, at - _NEAR)], chunk.sentences[min(len(chunk.sentences) - 1, at + _NEAR)]
    return chunk.words[first.first : last.last]


def _has(words: Iterable[Word], wanted: frozenset[str]) -> bool:
    return any(word.folded in wanted for word in words)
