"""Compares the figures of an answer with those of its context."""

from __future__ import annotations

import math
from collections.abc import Sequence

from otel_cert.measures.accuracy.rules.date import Kind, supported
from otel_cert.measures.accuracy.rules.evidence import Evidence
from otel_cert.measures.accuracy.rules.figures import Figures, figures
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.quantity import Quantity, comparable, supports
from otel_cert.measures.accuracy.words import Parsed

_SIGNS = {"$": "USD", "¥": "JPY or CNY", "cent": "cents"}


def number_findings(answer: Parsed, context: Sequence[Parsed]) -> list[Finding]:
    """Return the quantities of the answer that no quantity of the context supports.

    A number that counts or numbers the answer's own parts is no claim. Sums, differences and shares of the context's
    numbers are not computed: with a dozen numbers in a context, half of all two-digit numbers are the sum or the
    difference of two, so accepting them would hide errors. A derived number is found as one that is not in the context.
    """
    said = figures(answer.text, answer.language).quantities
    if not said:
        return []
    given = [figures(chunk.text, chunk.language) for chunk in context]
    evidence = Evidence(answer, context, given)
    found: list[Finding] = []
    before: Quantity | None = None
    for quantity in said:
        known = not quantity.claim or any(_has(one, quantity) for one in given)
        if not known and not (before and _converts(answer.text, before, quantity, given)):
            found += _finding(quantity, evidence)
        before = quantity
    return found


def date_findings(answer: Parsed, context: Sequence[Parsed]) -> list[Finding]:
    """Return the dates of the answer that the context does not state, at the precision that the answer shows."""
    said = figures(answer.text, answer.language).dates
    if not said:
        return []
    given = [figures(chunk.text, chunk.language) for chunk in context]
    years = frozenset[int]().union(*(one.years for one in given))
    stated = [date for one in given for date in one.dates]
    evidence = Evidence(answer, context, given)
    found = []
    for date in said:
        if supported(date, stated, years):
            continue
        best = evidence.of_date(date)
        message = f"date: {date.shown()}"
        if best is not None:
            chunk, other = best
            message += f", context has {other.shown()}"
            found.append(Finding("date", date.start, date.end, message, chunk, other.start, other.end))
        elif date.kind not in (Kind.WEEKDAY, Kind.TIME):  # a context without days of the week does not contradict one
            found.append(Finding("date", date.start, date.end, f"{message}, not in the context"))
    return found


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
    return any(supports(other, quantity) for other in one.near(quantity))


def _converts(text: str, before: Quantity, quantity: Quantity, given: Sequence[Figures]) -> bool:
    """Whether the answer itself converts a quantity in brackets, "350 °F (175 °C)", into a unit that the context lacks."""
    one, two = before.first, quantity.first
    if "(" not in text[before.end : quantity.start] or quantity.start - before.end > 3:
        return False
    if one.dimension != two.dimension or not two.unit or one.unit == two.unit:
        return False
    if any(other.first.unit == two.unit for figure in given for other in figure.quantities):
        return False
    return supports(before, quantity) or math.isclose(one.value, two.value, rel_tol=0.015)


def _finding(quantity: Quantity, evidence: Evidence) -> list[Finding]:
    best = evidence.of_number(quantity)
    message = f"number: {_shown(quantity)}"
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
