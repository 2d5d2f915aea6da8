"""Compares the figures of an answer with those of its context."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from otel_cert.measures.accuracy.rules.counts import counts_itself
from otel_cert.measures.accuracy.rules.date import Date, Kind, supported
from otel_cert.measures.accuracy.rules.evidence import Evidence
from otel_cert.measures.accuracy.rules.figures import Figures, figures
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.quantity import Quantity, comparable, supports
from otel_cert.measures.accuracy.rules.tokens import HYPHENS
from otel_cert.measures.accuracy.words import Parsed

SURE = 0.4
"""Share of the words of an answer's sentence that the context's has, for one to contradict what else is known."""
_SCORE = re.compile(r"(?<![\d-])\d{1,3} ?[-–:] ?\d{1,3}(?![\d-])")
_HIGHEST_SCORE = 12

_SIGNS = {"$": "USD", "¥": "JPY or CNY", "cent": "cents"}


def number_findings(answer: Parsed, context: Sequence[Parsed], question: Parsed | None = None) -> list[Finding]:
    """Return the quantities of the answer that no quantity of the context supports.

    A number that counts or numbers the answer's own parts is no claim. Sums, differences and shares of the context's
    numbers are not computed: with a dozen numbers in a context, half of all two-digit numbers are the sum or the
    difference of two, so accepting them would hide errors. A derived number is found as one that is not in the context.
    What the question says is known, unless the sentence of the context that is about the same says another number.
    """
    said = figures(answer.text, answer.language).quantities
    if not said:
        return []
    given = [figures(chunk.text, chunk.language) for chunk in context]
    asked = figures(question.text, question.language) if question else None
    evidence = Evidence(answer, context, given)
    found: list[Finding] = []
    before: Quantity | None = None
    for quantity in said:
        known = not quantity.claim or any(_has(one, quantity) for both in given for one in both.both)
        known = known or (before is not None and _converts(answer.text, before, quantity, given))
        if not known and not _is_score(answer, quantity, context):
            repeated = asked is not None and _has(asked, quantity)
            open_to = repeated or counts_itself(answer, quantity, context, given)
            found += _finding(quantity, evidence, SURE if open_to or quantity.open else 0.0, said)
        before = quantity
    return found


def date_findings(answer: Parsed, context: Sequence[Parsed], question: Parsed | None = None) -> list[Finding]:
    """Return the dates of the answer that the context does not state, at the precision that the answer shows.

    What the question says is known, unless the sentence of the context that is about the same says another date.
    """
    said = figures(answer.text, answer.language).dates
    if not said:
        return []
    given = [figures(chunk.text, chunk.language) for chunk in context]
    read = [one for both in given for one in both.both]
    years = frozenset[int]().union(*(one.years for one in read))
    stated = [date for one in read for date in one.dates]
    asked = figures(question.text, question.language) if question else None
    evidence = Evidence(answer, context, given)
    found = []
    for number, date in enumerate(said):
        bare = date.end - date.start == len("1987") and any(date.year in one.shown for one in read)
        if (
            bare
            or supported(date, stated, years)
            or (number and _is_season(answer.text, said[number - 1], date, years))
        ):
            continue
        repeated = asked is not None and supported(date, asked.dates, asked.years)
        best = evidence.of_date(date, SURE if repeated else 0.0)
        message = f"date: {date.shown()}"
        if best is not None:
            chunk, other = best
            message += f", context has {other.shown()}"
            found.append(Finding("date", date.start, date.end, message, chunk, other.start, other.end))
        elif not repeated and date.kind not in (Kind.WEEKDAY, Kind.TIME):
            # A context without days of the week does not contradict one.
            found.append(Finding("date", date.start, date.end, f"{message}, not in the context"))
    return found


def _is_season(text: str, before: Date, date: Date, years: frozenset[int]) -> bool:
    """Whether a date ends a season, `2007-08`, of which the context names the first year."""
    if before.year is None or date.year != before.year + 1 or before.month or date.month:
        return False
    return before.year in years and text[before.end : date.start].strip() in (*HYPHENS, "/")


def _is_score(answer: Parsed, quantity: Quantity, context: Sequence[Parsed]) -> bool:
    """Whether a number is part of a score, `4-3`, that the answer counts: the context has no score at all."""
    near = answer.text[max(0, quantity.start - 5) : quantity.end + 5]
    plain = quantity.first.dimension == "number" and not quantity.bound and quantity.first.value <= _HIGHEST_SCORE
    if not plain or not _SCORE.search(near):
        return False
    return not any(_SCORE.search(chunk.text) for chunk in context)


def _has(one: Figures, quantity: Quantity) -> bool:
    """Whether a chunk supports a quantity."""
    value, dimension = quantity.first.value, quantity.first.dimension
    if dimension == "number" and not quantity.code and (value in one.values or value in one.years):
        return True
    first = quantity.first
    if quantity.scaled and first.base in one.values and round(first.shown / (first.base or 1.0)) in one.scales:
        return True
    if dimension == "ordinal" and any(date.day == value for date in one.dates):
        return True
    if dimension == "ordinal" and any(
        other.first.base == value and other.first.unit == "y" for other in one.quantities
    ):
        return True  # "its 20th anniversary" for "20 years"
    return any(supports(other, quantity) for other in one.near(quantity))


def _converts(text: str, before: Quantity, quantity: Quantity, given: Sequence[Figures]) -> bool:
    """Whether the answer itself converts a quantity in brackets, "350 °F (175 °C)", into a unit that the context lacks."""
    one, two = before.first, quantity.first
    if "(" not in text[before.end : quantity.start] or quantity.start - before.end > 3:
        return False
    if one.dimension != two.dimension or not two.unit or one.unit == two.unit:
        return False
    rivals = (other.first for figure in given for other in figure.quantities if other.first.unit == two.unit)
    if any(0.67 < rival.shown / two.shown < 1.5 for rival in rivals if two.shown):
        return False
    return supports(before, quantity) or math.isclose(one.value, two.value, rel_tol=0.015)


def _finding(quantity: Quantity, evidence: Evidence, least: float, said: Sequence[Quantity]) -> list[Finding]:
    best = evidence.of_number(quantity, least)
    message = f"number: {_shown(quantity)}"
    if quantity.open and best and any(one.times and one.first.value == best[1].first.value for one in said):
        return []  # "once it is open, use it twice a day"
    if best is None and least:
        return []
    if best is None and quantity.year and (dated := evidence.of_date(_year(quantity))):
        chunk, date = dated
        return [
            Finding(
                "number",
                quantity.start,
                quantity.end,
                f"{message}, context has {date.shown()}",
                chunk,
                date.start,
                date.end,
            )
        ]
    if best is None:
        # A code such as CD4 that the context has with no other number is a name, which another rule looks for.
        return (
            [] if quantity.code else [Finding("number", quantity.start, quantity.end, f"{message}, not in the context")]
        )
    chunk, other = best
    message += f", context has {_shown(other)}"
    if not comparable(other.first, quantity.first):
        message += " (another currency)" if other.first.dimension == quantity.first.dimension else " (another unit)"
    return [Finding("number", quantity.start, quantity.end, message, chunk, other.start, other.end)]


def _year(quantity: Quantity) -> Date:
    return Date(quantity.start, quantity.end, year=int(quantity.first.value))


def _shown(quantity: Quantity) -> str:
    """Return a quantity as messages write it: `450e9 USD`, `50 mg`, `12.5%`."""
    first = quantity.first
    size = abs(first.shown)
    exponent = 3 * int(math.log10(size) // 3) if size >= 1e6 else 0
    digits = f"{first.shown / 10**exponent:.12g}" + (f"e{exponent}" if exponent else "")
    unit = _SIGNS.get(first.unit, first.unit)
    if quantity.code:
        return f"{quantity.code} {digits}"
    return digits + ("%" if unit == "%" else f" {unit}" if unit else "")
