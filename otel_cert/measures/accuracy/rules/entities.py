"""Names that the context does not have, or has in another place."""

from __future__ import annotations

from collections.abc import Sequence

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched, place
from otel_cert.measures.accuracy.rules.alike import Known, forms
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.names import Name, is_capital, names
from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Word

_SURE_PLACE = 3
"""Neighbours that have to agree for two names to stand in one place, as `Place.strength` counts."""
_SURE_SHARE = 0.45
"""Share of an answer's sentence that the context's has, for a name in its place to be the other's."""
_SHORT = 5
"""Words of an answer that may be nothing but a name."""


def entity_findings(alignment: Alignment) -> list[Finding]:
    """Return the names of the answer that the context does not have, or that stand in another's place there."""
    language = alignment.answer.language
    known = Known(alignment.context, language)
    found = []
    for matched in alignment.matched:
        for name in names(alignment.answer.text, matched.words, language):
            finding = _finding(alignment, known, matched, name)
            if finding:
                found.append(finding)
    return found


def _finding(alignment: Alignment, known: Known, matched: Matched, name: Name) -> Finding | None:
    words = matched.words[name.first : name.last]
    parts = [word for word in words if (is_capital(word) and word.text.isalpha()) or "'" in word.folded]
    missing = [word for word in parts if not known.has(word)]
    if missing and not known.abbreviates(words):
        return _missing(alignment, matched, name, parts, missing)
    if parts and not missing:
        return _misplaced(alignment, matched, name, parts)
    return None


def _missing(
    alignment: Alignment, matched: Matched, name: Name, parts: Sequence[Word], missing: Sequence[Word]
) -> Finding | None:
    """Return the finding for a name with words that the context does not have."""
    there = _instead(alignment, matched, name)
    only_name = len(alignment.answer.words) <= _SHORT and len(alignment.answer.sentences) == 1
    if len(missing) == len(parts) and (name.sure or only_name):
        return _made(alignment, matched, name, there or _unmentioned(alignment, matched))
    if len(missing) < len(parts):
        # A part is known: `Angela Merkel` for the context's `Merkel` says nothing wrong, `Angela Smith` may.
        there = there or _rival(alignment, matched, parts, missing)
    return _made(alignment, matched, name, there) if there else None


def _misplaced(alignment: Alignment, matched: Matched, name: Name, parts: Sequence[Word]) -> Finding | None:
    """Return the finding for a known name where the sentence of the context has another."""
    language = alignment.answer.language
    wanted = frozenset().union(*(forms(word.folded, language) for word in parts))
    for aligned in matched.best:
        if aligned.share >= _SURE_SHARE and any(
            not wanted.isdisjoint(forms(w.folded, language)) for w in aligned.words
        ):
            return None
    there = _instead(alignment, matched, name)
    return _made(alignment, matched, name, there) if there else None


def _instead(alignment: Alignment, matched: Matched, name: Name) -> tuple[Aligned, Name] | None:
    """Return the name that stands in a name's place in the best sentence of the context."""
    language = alignment.answer.language
    known = vocabulary(language)
    before = matched.words[name.first - 1] if name.first else None
    if language == "de" and not name.sure and before and known and before.folded in known.determiners:
        return None
    said = {form for word in matched.words if not word.stop for form in forms(word.folded, language)}
    for aligned in matched.best:
        if aligned.share < _SURE_SHARE:
            continue
        spot = place(matched.words, name.first, name.last, aligned.words)
        if spot is None or spot.strength < _SURE_PLACE:
            continue
        for other in names(alignment.context.chunks[aligned.chunk].text, aligned.words, language):
            inside = spot.first <= other.first and other.last <= spot.last
            if inside and not any(forms(w.folded, language) & said for w in aligned.words[other.first : other.last]):
                return aligned, other
    return None


def _rival(
    alignment: Alignment, matched: Matched, parts: Sequence[Word], missing: Sequence[Word]
) -> tuple[Aligned, Name] | None:
    """Return a name of the context that has a known part of a name beside another word."""
    language = alignment.answer.language
    known = {word.folded for word in parts if word not in missing}
    for aligned in matched.best:
        for other in names(alignment.context.chunks[aligned.chunk].text, aligned.words, language):
            there = [word for word in aligned.words[other.first : other.last] if is_capital(word)]
            if len(there) == len(parts) and any(
                one.folded == two.folded and one.folded in known for one, two in zip(there, parts, strict=True)
            ):
                return aligned, other
    return None


def _unmentioned(alignment: Alignment, matched: Matched) -> tuple[Aligned, Name] | None:
    """Return the only name of the best sentence of the context that the answer does not mention, as what may be meant."""
    if not matched.best:
        return None
    aligned, language = matched.best[0], alignment.answer.language
    said = {form for word in alignment.answer.words for form in forms(word.folded, language)}
    left = [
        other
        for other in names(alignment.context.chunks[aligned.chunk].text, aligned.words, language)
        if other.sure and not any(forms(w.folded, language) & said for w in aligned.words[other.first : other.last])
    ]
    return (aligned, left[0]) if len(left) == 1 else None


def _made(alignment: Alignment, matched: Matched, name: Name, there: tuple[Aligned, Name] | None) -> Finding:
    start, end = matched.words[name.first].start, matched.words[name.last - 1].end
    message = f"entity: {alignment.answer.text[start:end]}"
    if there is None:
        return Finding("entity", start, end, f"{message}, not in the context")
    aligned, other = there
    first, last = aligned.words[other.first].start, aligned.words[other.last - 1].end
    text = alignment.context.chunks[aligned.chunk].text[first:last]
    return Finding("entity", start, end, f"{message}, context has {text}", aligned.chunk, first, last)
