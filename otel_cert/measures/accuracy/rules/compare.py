"""Compares the figures of an answer with those of its context."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otel_cert.measures.accuracy.rules.date import Date, Kind, supported
from otel_cert.measures.accuracy.rules.figures import Figures, figures
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.quantity import Quantity, comparable, supports
from otel_cert.measures.accuracy.words import Parsed

_OPEN = {"$": "USD", "kr": "kr", "¥": "JPY or CNY", "cent": "cents"}


class _Place(NamedTuple):
    """A part of the context."""

    chunk: int
    start: int
    end: int


def number_findings(answer: Parsed, context: Sequence[Parsed]) -> list[Finding]:
    """Return the quantities of the answer that no quantity of the context supports.

    Each comes with what the context has in its place: of the same dimension, in the sentence closest to the answer's.
    A number that counts or numbers the answer's own parts is no claim; sums and shares of the context's numbers are
    not computed, so a derived number is found as one that the context does not have.
    """
    given = [figures(chunk.text, chunk.language) for chunk in context]
    said = figures(answer.text, answer.language)
    found = []
    for quantity in said.quantities:
        if quantity.claim and not _number_supported(quantity, given):
            best = _closest(answer, quantity.start, _comparable(quantity, given), context)
            if quantity.code and best is None:
                continue  # the context speaks of no other stage or CD4: names are another rule's
            found.append(_number_finding(quantity, best, given))
    return found


def date_findings(answer: Parsed, context: Sequence[Parsed]) -> list[Finding]:
    """Return the dates of the answer that the context does not state, at the precision that the answer shows."""
    given = [figures(chunk.text, chunk.language) for chunk in context]
    said = figures(answer.text, answer.language)
    years = frozenset().union(*(one.years for one in given))
    stated = [date for one in given for date in one.dates]
    found = []
    for date in said.dates:
        if supported(date, stated, years):
            continue
        best = _closest(answer, date.start, _alike(date, given), context)
        if best is None and date.kind in (Kind.WEEKDAY, Kind.TIME):
            continue
        found.append(_date_finding(date, best, given))
    return found


def _number_supported(quantity: Quantity, given: Sequence[Figures]) -> bool:
    value = quantity.first.value
    for one in given:
        if quantity.year and value in one.years:
            return True
        if quantity.first.dimension == "ordinal" and any(date.day == value for date in one.dates):
            return True
        if any(supports(other, quantity) for other in one.quantities):
            return True
    return False


class _Candidate(NamedTuple):
    """Something that the context has in the place of what the answer says."""

    rank: float
    place: _Place
    index: int


def _comparable(quantity: Quantity, given: Sequence[Figures]) -> Iterable[_Candidate]:
    for chunk, one in enumerate(given):
        for index, other in enumerate(one.quantities):
            rank = _rank(other, quantity)
            if rank:
                yield _Candidate(rank, _Place(chunk, other.start, other.end), index)


def _rank(other: Quantity, quantity: Quantity) -> float:
    """Return how well two quantities compare, 0 = not at all."""
    if quantity.code:
        return 3.0 if other.code == quantity.code else 0.0
    one, two = other.first, quantity.first
    same_digits = math.isclose(one.base, two.base, rel_tol=1e-9)
    if one.dimension == two.dimension:
        if one.dimension in ("number", "ordinal") and not _close(one.base, two.base):
            return 0.0
        alike = comparable(one, two)
        return 3.0 + 0.2 * (one.unit == two.unit) if alike else 2.0 + same_digits
    if same_digits:
        return 2.5
    return 1.0 if comparable(one, two) and _close(one.base, two.base) else 0.0


def _close(one: float, two: float) -> bool:
    """Whether two values are of about the same size; 2 says nothing about 2006."""
    return one == two or (one * two > 0 and abs(math.log10(one / two)) < 1.5)


def _alike(date: Date, given: Sequence[Figures]) -> Iterable[_Candidate]:
    for chunk, one in enumerate(given):
        for index, other in enumerate(one.dates):
            if other.kind is date.kind:
                parts = ((date.year, other.year), (date.month, other.month), (date.day, other.day), (date.number, other.number))
                rank = 1.0 + sum((mine is None) == (its is None) for mine, its in parts) / 4
                rank += sum(mine is not None and mine == its for mine, its in parts) / 3
                yield _Candidate(rank, _Place(chunk, other.start, other.end), index)


def _closest(answer: Parsed, at: int, candidates: Iterable[_Candidate], context: Sequence[Parsed]) -> _Candidate | None:
    """Return the candidate in the sentence that shares most with the answer's; among equals the best, then the first."""
    options = list(candidates)
    if not options:
        return None
    wanted = _stems(answer, at)
    shared: dict[tuple[int, int], float] = {}
    best, best_score = None, -1.0
    for option in options:
        text = context[option.place.chunk]
        sentence = _sentence(text, option.place.start)
        key = option.place.chunk, sentence
        if key not in shared:
            stems = _stems(text, option.place.start)
            shared[key] = len(wanted & stems) / (len(wanted) + 1)
        score = option.rank + 1.5 * shared[key]
        if score > best_score:
            best, best_score = option, score
    return best


def _sentence(text: Parsed, at: int) -> int:
    return bisect_right([sentence.start for sentence in text.sentences], at) - 1


def _stems(text: Parsed, at: int) -> set[str]:
    index = _sentence(text, at)
    if index < 0:
        return set()
    return {word.stem for word in text.words_of(text.sentences[index]) if not word.stop}


def _number_finding(quantity: Quantity, best: _Candidate | None, given: Sequence[Figures]) -> Finding:
    message = f"number: {_shown(quantity)}"
    if best is None:
        return Finding("number", quantity.start, quantity.end, f"{message}, not in the context")
    other = given[best.place.chunk].quantities[best.index]
    message += f", context has {_shown(other)}"
    if not comparable(other.first, quantity.first):
        message += " (another currency)" if other.first.dimension == quantity.first.dimension else " (another unit)"
    return Finding("number", quantity.start, quantity.end, message, *best.place)


def _date_finding(date: Date, best: _Candidate | None, given: Sequence[Figures]) -> Finding:
    if best is None:
        return Finding("date", date.start, date.end, f"date: {date.shown()}, not in the context")
    other = given[best.place.chunk].dates[best.index]
    return Finding("date", date.start, date.end, f"date: {date.shown()}, context has {other.shown()}", *best.place)


def _shown(quantity: Quantity) -> str:
    """Return a quantity as messages write it: `450e9 USD`, `50 mg`, `12.5%`."""
    first = quantity.first
    size = abs(first.shown)
    exponent = 3 * int(math.log10(size) // 3) if size >= 1e6 else 0
    digits = f"{first.shown / 10**exponent:.12g}" + (f"e{exponent}" if exponent else "")
    unit = _OPEN.get(first.unit, first.unit)
    if quantity.code:
        return f"{quantity.code} {digits}"
    return digits + ("%" if unit == "%" else f" {unit}" if unit else "")
