"""What the answer denies and the context affirms, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.polarity import Denial, affixed, clause, denials, may_deny
from otel_cert.measures.accuracy.words import Word

_SURE_SHARE = 0.45
"""Share of an answer's sentence that the context's has, for both to say something of the same."""
_SURE_CLAUSE = 0.5
"""Share of the clause around the denied word."""

_ADDED = "denied here, affirmed in the context"
_DROPPED = "affirmed here, denied in the context"


def negation_findings(alignment: Alignment) -> list[Finding]:
    """Return the negators that the answer adds, and the words whose negator it drops; questions deny nothing."""
    found: list[Finding] = []
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
    answer, context = alignment.answer, alignment.context.chunks[aligned.chunk]
    for denial in here:
        pair = _affirmed(
            answer.text, matched.words, denial, context.text, aligned.words, answer.language, dropped=False
        )
        if pair:
            yield _made(matched.words[denial.at : denial.last + 1], aligned, aligned.words[pair[1]], _ADDED)
    for denial in there:
        pair = _affirmed(context.text, aligned.words, denial, answer.text, matched.words, answer.language, dropped=True)
        if pair:
            yield _made(matched.words[pair[1] : pair[1] + 1], aligned, aligned.words[denial.at], _DROPPED)


def _affirmed(
    text: str,
    words: Sequence[Word],
    denial: Denial,
    other_text: str,
    other: Sequence[Word],
    language: str,
    dropped: bool,
) -> tuple[int, int] | None:
    """Return the word that is denied, and its place in the other sentence, where nothing denies it and much is the same.

    Of what the context denies, an answer rightly leaves out most: for a dropped negator both clauses have to be alike.
    """
    for at in denial.predicate(words):
        places = [place for place, word in enumerate(other) if word.stem == words[at].stem]
        if not places:
            continue
        if any(may_deny(other_text, other, place, language) for place in places):
            return None
        mine, theirs = _around(text, words, at), _around(other_text, other, places[0])
        mine_there = mine & (theirs if dropped else {word.stem for word in other})
        theirs_here = theirs & (mine if dropped else {word.stem for word in words})
        alike = len(mine_there) >= _SURE_CLAUSE * len(mine) and len(theirs_here) >= _SURE_CLAUSE * len(theirs)
        return (at, places[0]) if alike else None
    return None


def _around(text: str, words: Sequence[Word], at: int) -> set[str]:
    """Return the stems of the clause around a word, without its own."""
    first, last = clause(text, words, at)
    return {word.stem for word in words[first:last] if not word.stop} - {words[at].stem}


def _denied(denials: list[Denial], at: int) -> bool:
    return any(at in denial.scope for denial in denials)


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
                yield _made((word,), aligned, other, _ADDED if added else _DROPPED)


def _made(words: Sequence[Word], aligned: Aligned, other: Word, text: str) -> Finding:
    message = f"negation: {text}"
    return Finding("negation", words[0].start, words[-1].end, message, aligned.chunk, other.start, other.end)
