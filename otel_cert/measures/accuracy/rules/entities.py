"""Names that the context does not have, or has in another place."""

from __future__ import annotations

from collections.abc import Sequence

from otel_cert.measures.accuracy.rules.align import Aligned, Alignment, Matched, place
from otel_cert.measures.accuracy.rules.alike import Known, forms, initials, known_names, spells, squeeze
from otel_cert.measures.accuracy.rules.countries import countries
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.names import Name, is_acronym, is_capital
from otel_cert.measures.accuracy.vocabulary import vocabulary
from otel_cert.measures.accuracy.words import Parsed, Word

_SURE_PLACE = 3
"""Neighbours that have to agree for two names to stand in one place, as `Place.strength` counts."""
_COPIED_PLACE = 4
"""The same for a name that the sentence of the context has in another place."""
_SURE_SHARE = 0.45
"""Share of an answer's sentence that the context's has, for a name in its place to be the other's."""
_COPY_SHARE, _COPY_PLACE = 0.8, 2
"""A sentence that has this share of an answer's is its source: fewer neighbours have to agree."""
_LONGER = 2
"""Words that another name may have more, or beside it."""
_ALIKE = 2
"""Words behind two names that have to be the same, for both to be the subject of the same."""
_JOINING = frozenset(["and", "or", "y", "e", "o", "und", "oder", "et", "ou"])
_SHORT = 5
"""Words of an answer that may be nothing but a name."""


def entity_findings(alignment: Alignment) -> list[Finding]:
    """Return the names of the answer that the context does not have, or that stand in another's place there."""
    known = known_names(alignment.context, alignment.answer.language)
    asked = _said(alignment.question.words, alignment.answer.language) if alignment.question else set()
    found = []
    for matched in alignment.matched:
        for name in matched.names:
            finding = _finding(alignment, known, matched, name)
            if finding and finding.chunk is None and _is_asked(alignment, matched, name, asked):
                continue  # nothing else stands in its place
            if finding:
                found.append(finding)
    return found


def _is_asked(alignment: Alignment, matched: Matched, name: Name, asked: set[str]) -> bool:
    language = alignment.answer.language
    return bool(asked) and all(
        not asked.isdisjoint(_said([word], language)) for word in matched.words[name.first : name.last] if not word.stop
    )


def _finding(alignment: Alignment, known: Known, matched: Matched, name: Name) -> Finding | None:
    words, language = matched.words[name.first : name.last], alignment.answer.language
    parts = [word for word in words if _is_part(word, language)]
    if not parts or _is_unit(matched, name) or known.abbreviates(words):
        return None
    missing = [] if known.has_country(words) else [word for word in parts if not known.has(word)]
    if not missing:
        spelled = all(is_acronym(word) and not known.writes(word) for word in parts) and not countries(words, language)
        return None if spelled else _misplaced(alignment, matched, name, parts)
    if all(is_acronym(word) and _writes_out(alignment.answer, matched, name, word) for word in missing):
        return None
    if squeeze("".join(word.text for word in words)) in known.squeezed:
        return None
    return _missing(alignment, matched, name, parts, missing)


def _writes_out(answer: Parsed, matched: Matched, name: Name, acronym: Word) -> bool:
    """Return whether the answer itself says what an acronym stands for; also right before it in brackets."""
    if spells(initials([answer]), acronym):
        return True
    bracketed = answer.text[: acronym.start].endswith("(")
    before = matched.words[max(0, name.first - len(acronym.folded)) : name.first]
    return bracketed and "".join(word.folded[0] for word in before) == acronym.folded


def _is_part(word: Word, language: str) -> bool:
    rules = vocabulary(language)
    if rules is not None and word.folded in rules.particles:
        return False
    # What is compared has no possessive 's; an initial such as the `J` of `J. K.` says nothing by itself.
    return "'" in word.folded or (is_capital(word) and word.folded.isalpha() and len(word.folded) > 1)


def _is_unit(matched: Matched, name: Name) -> bool:
    """Return whether a name is the unit or the currency of a number beside it, e.g. `EUR 5`: that is for other rules."""
    if name.last - name.first > 1 or not is_acronym(matched.words[name.first]):
        return False
    beside = [*matched.words[max(0, name.first - 1) : name.first], *matched.words[name.last : name.last + 1]]
    return any(word.text[0].isdigit() for word in beside)


def _missing(
    alignment: Alignment, matched: Matched, name: Name, parts: Sequence[Word], missing: Sequence[Word]
) -> Finding | None:
    """Return the finding for a name with words that the context does not have."""
    there = _instead(alignment, matched, name, _SURE_PLACE)
    only_name = len(alignment.answer.words) <= _SHORT and len(alignment.answer.sentences) == 1
    if len(missing) == len(parts) and (name.sure or only_name):
        there = there or _unmentioned(alignment, matched, name)
        return _made(alignment, matched, name, there) if there or not _adds(matched, name) else None
    if len(missing) < len(parts):
        # A part is known: `Angela Merkel` for the context's `Merkel` says nothing wrong, `Angela Smith` may.
        there = there or _rival(alignment, matched, parts, missing)
    elif not there and name.first == 0:
        there = _subject(alignment, matched, name)
    return _made(alignment, matched, name, there) if there else None


def _adds(matched: Matched, name: Name) -> bool:
    """Return whether a name only says more of the one before it: `Kyoto, Japan`; the next of a list says more than that."""
    words = matched.words
    before, behind = words[: name.first][-2:], words[name.last :][:1]
    if not before or not is_capital(before[-1]) or before[-1].end + len(", ") != words[name.first].start:
        return False
    listed = len(before) > 1 and before[0].end + len(", ") == before[1].start
    return not listed and not any(word.folded in _JOINING or is_capital(word) for word in behind)


def _misplaced(alignment: Alignment, matched: Matched, name: Name, parts: Sequence[Word]) -> Finding | None:
    """Return the finding for a known name where the sentence of the context has another."""
    if len(matched.words) <= _SHORT:
        return None
    wanted = {word.stem for word in parts}
    near = any(
        word.stem in wanted
        for aligned in matched.best
        if aligned.share >= _SURE_SHARE
        for word in aligned.words
        if is_capital(word)
    )
    there = _instead(alignment, matched, name, _COPIED_PLACE if near else _SURE_PLACE)
    if not there and not near and name.first == 0:
        there = _subject(alignment, matched, name)
    return _made(alignment, matched, name, there) if there else None


def _instead(alignment: Alignment, matched: Matched, name: Name, strength: int) -> tuple[Aligned, Name] | None:
    """Return the name that stands in a name's place in the best sentences of the context."""
    if not name.sure and _is_noun(alignment.answer.language, matched.words, name.first):
        return None
    language = alignment.answer.language
    meant = {word.stem for word in matched.words[name.first : name.last] if not word.stop}
    said = _said(matched.words, language)
    for aligned in matched.best:
        spot = place(matched.words, name.first, name.last, aligned.words) if aligned.share >= _SURE_SHARE else None
        if spot is None or spot.strength < (_COPY_PLACE if aligned.share >= _COPY_SHARE else strength):
            continue
        if spot.last - spot.first > name.last - name.first + _LONGER or any(
            word.stem in meant for word in aligned.words[spot.first : spot.last]
        ):
            continue
        for other in alignment.context.names(aligned):
            inside = spot.first <= other.first and other.last <= spot.last
            if (
                inside
                and not _shares(aligned.words, other.first, other.last, said, language)
                and (name.sure or _is_named(alignment, matched, name, aligned, other))
            ):
                return aligned, other
    return None


def _said(words: Sequence[Word], language: str) -> set[str]:
    """Return what the names of a text are known by, countries under one key."""
    said = {form for word in words if not word.stop for form in forms(word.folded, language)}
    return said | {f"={country}" for _, _, country in countries(words, language)}


def _shares(words: Sequence[Word], first: int, last: int, said: set[str], language: str) -> bool:
    """Return whether a name is known, by itself or as a part of a country's: the Union of "Union européenne"."""
    whole = {f"={country}" for start, end, country in countries(words, language) if start < last and first < end}
    return not said.isdisjoint(_said(words[first:last], language) | whole)


def _is_noun(language: str, words: Sequence[Word], at: int) -> bool:
    """Return whether a German word with a capital has an article before it, as common nouns do."""
    rules = vocabulary("de") if language == "de" and at else None
    return rules is not None and words[at - 1].folded in rules.determiners


def _is_named(alignment: Alignment, matched: Matched, name: Name, aligned: Aligned, other: Name) -> bool:
    """Return whether two words in one place are names although each may just open its sentence or be a German noun."""
    language = alignment.answer.language
    rules = vocabulary(language)
    if name.last - name.first != other.last - other.first or rules is None:
        return False
    if language == "de" and name.first:
        return not _is_noun(language, aligned.words, other.first)
    if name.last >= len(matched.words) or other.last >= len(aligned.words):
        return False
    behind, there = matched.words[name.last], aligned.words[other.last]
    if behind.text[0].isdigit():
        return False  # "Environ 2 500" for "Exactement 2 500"
    adjacent = alignment.answer.text[matched.words[name.last - 1].end : behind.start] in (" ", "'s ", "’s ")
    return adjacent and behind.stem == there.stem and behind.folded not in rules.determiners


def _subject(alignment: Alignment, matched: Matched, name: Name) -> tuple[Aligned, Name] | None:
    """Return the name of the best sentence of the context that a verb follows as it follows the answer's.

    It opens its sentence, or the same words follow both.
    """
    language = alignment.answer.language
    if not matched.best or matched.best[0].share < _SURE_SHARE or not _verb_follows(matched.words, name.last, language):
        return None
    aligned = matched.best[0]
    others = alignment.context.names(aligned)
    said = _said(matched.words, language)
    for other in others:
        if _goes_on_alike(matched.words[name.last :], aligned.words[other.last :]):
            return None if _shares(aligned.words, other.first, other.last, said, language) else (aligned, other)
    if not others or others[0].first or not _verb_follows(aligned.words, others[0].last, language):
        return None
    return None if _shares(aligned.words, 0, others[0].last, said, language) else (aligned, others[0])


def _goes_on_alike(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Return whether two texts begin with the same words, some of them with a meaning."""
    alike = [one for one, two in zip(words[:_ALIKE], others[:_ALIKE], strict=False) if one.stem == two.stem]
    return len(alike) == _ALIKE and sum(not word.stop for word in alike) >= _ALIKE - 1


def _verb_follows(words: Sequence[Word], at: int, language: str) -> bool:
    rules = vocabulary(language)
    if rules is None or at >= len(words):
        return False
    if words[at - 1].text.endswith(("'s", "’s")):
        return True
    folded = words[at].folded
    return words[at].text.islower() and (folded in rules.verbs.words or folded.endswith(tuple(rules.verbs.endings)))


def _rival(
    alignment: Alignment, matched: Matched, parts: Sequence[Word], missing: Sequence[Word]
) -> tuple[Aligned, Name] | None:
    """Return a name of the context that has a known part of a name beside another word."""
    known = {word.folded for word in parts if word not in missing}
    for aligned in matched.best:
        for other in alignment.context.names(aligned):
            there = [
                word for word in aligned.words[other.first : other.last] if _is_part(word, alignment.answer.language)
            ]
            if len(there) == len(parts) and any(
                one.folded == two.folded and one.folded in known for one, two in zip(there, parts, strict=True)
            ):
                return aligned, other
    return None


def _unmentioned(alignment: Alignment, matched: Matched, name: Name) -> tuple[Aligned, Name] | None:
    """Return the only name of the best sentence of the context that the answer does not mention, as what may be meant."""
    if not matched.best or matched.best[0].share < _SURE_SHARE:
        return None
    aligned, language = matched.best[0], alignment.answer.language
    said = _said(alignment.answer.words, language)
    left = [
        other
        for other in alignment.context.names(aligned)
        if other.sure
        and other.last - other.first == name.last - name.first
        and not _shares(aligned.words, other.first, other.last, said, language)
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
