"""What the answer denies and the context affirms, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.polarity import Denial, affixed, clause, denials
from otel_cert.measures.accuracy.words import Word

_SURE_SHARE = 0.55
"""Share of an answer's sentence that the context's has, for both to say something of the same."""
_SURE_CLAUSE = 0.5
"""Share of the clause around the denied word."""


def negation_findings(alignment: Alignment) -> list[Finding]:
    """Return the negators that the answer adds, and the words whose negator it drops; questions deny nothing."""
    found = []
    for matched in alignment.matched:
        if alignment.answer.text[matched.sentence.start : matched.sentence.end].endswith(("?", "？", "؟")):
            continue
        for aligned in matched.best:
            if aligned.share >= _SURE_SHARE:
                found.extend(_compared(alignment, matched, aligned))
                break  # only its source can contradict it: a second sentence may be about something else
    return found


def _compared(alignment: Alignment, matched: Matched, aligned: Aligned) -> Iterator[Finding]:
    language = alignment.answer.language
    there_text = alignment.context.chunks[aligned.chunk].text
    here = denials(alignment.answer.text, matched.words, language)
    there = denials(there_text, aligned.words, language)
    if here or there:
        yield from _words(alignment, matched, aligned, here, there)
    yield from _prefixes(alignment, matched, aligned, here, there)


def _words(
    alignment: Alignment, matched: Matched, aligned: Aligned, here: list[Denial], there: list[Denial]
) -> Iterator[Finding]:
    """Compare negators: one that has no counterpart is added, one of the context's that has none is dropped."""
    language = alignment.answer.language
    text = alignment.context.chunks[aligned.chunk].text
    for denial in here:
        pair = _shared(matched.words, denial, aligned.words, language)
        if (
            pair
            and not _denied(there, pair[1])
            and _same_clause(alignment.answer.text, matched.words, pair[0], aligned, language)
        ):
            yield _made(
                matched.words[denial.at], aligned, aligned.words[pair[1]], "denied here, affirmed in the context"
            )
    for denial in there:
        pair = _shared(aligned.words, denial, matched.words, language)
        if pair and not _denied(here, pair[1]) and _same_clause(text, aligned.words, pair[0], matched, language):
            yield _made(
                matched.words[pair[1]], aligned, aligned.words[denial.at], "affirmed here, denied in the context"
            )


def _shared(words: tuple[Word, ...], denial: Denial, other: tuple[Word, ...], language: str) -> tuple[int, int] | None:
    """Return the first word that is denied and that the other sentence has, with its place there.

    Only the likeliest two are asked: what is further away is rarely what is denied.
    """
    for at in denial.scope[:2] if language != "de" else denial.scope[:4]:
        stem = words[at].stem
        for place, word in enumerate(other):
            if word.stem == stem:
                return at, place
    return None


def _denied(denials: list[Denial], at: int) -> bool:
    return any(at in denial.scope for denial in denials)


def _same_clause(text: str, words: tuple[Word, ...], at: int, other: Aligned | Matched, language: str) -> bool:
    first, last = clause(text, words, at)
    meant = {word.stem for word in words[first:last] if not word.stop} - {words[at].stem}
    if not meant:
        return True
    stems = {word.stem for word in other.words}
    known = {stem for stem in meant if stem in stems}
    return len(known) >= _SURE_CLAUSE * len(meant)


def _prefixes(
    alignment: Alignment, matched: Matched, aligned: Aligned, here: list[Denial], there: list[Denial]
) -> Iterator[Finding]:
    """Compare words that deny by their beginning, e.g. `legal` and `illegal`, in one place."""
    language = alignment.answer.language
    mine = {word.stem for word in matched.words}
    theirs = {word.stem for word in aligned.words}
    for at, word in enumerate(matched.words):
        if word.stop or word.stem in theirs:
            continue
        for place, other in enumerate(aligned.words):
            if other.stop or other.stem in mine or abs(len(word.folded) - len(other.folded)) > 6:
                continue
            added = affixed(word.folded, language) == other.stem
            dropped = affixed(other.folded, language) == word.stem
            if (added or dropped) and _denied(here, at) == _denied(there, place):
                text = "denied here, affirmed in the context" if added else "affirmed here, denied in the context"
                yield _made(word, aligned, other, text)


def _made(word: Word, aligned: Aligned, other: Word, text: str) -> Finding:
    return Finding("negation", word.start, word.end, f"negation: {text}", aligned.chunk, other.start, other.end)
