"""Dates and times as a text states them, and whether those of a context support one of an answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import NamedTuple

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Kind(Enum):
    """What a date names."""

    DAY = "a year, month or day"
    QUARTER = "a quarter"
    HALF = "a half-year"
    DECADE = "a decade"
    CENTURY = "a century"
    TIME = "a time of day"
    WEEKDAY = "a day of the week"


class Date(NamedTuple):
    """A date in a text; what it does not state is None."""

    start: int
    end: int
    kind: Kind = Kind.DAY
    year: int | None = None
    """Before Christ: 0 or less, as astronomers count; 44 BC = -43."""
    month: int | None = None
    day: int | None = None
    number: int | None = None
    """Quarter 1-4, half 1-2, first year of a decade, century, minute of the day, or weekday 1-7."""
    swapped: bool = False
    """Whether day and month can be the other way round: 03/04/2021."""
    twelve: bool = False
    """Whether a time can be 12 hours later: 3:30."""

    def shown(self) -> str:
        """Return it in ISO 8601 form, or close to it."""
        number = self.number or 0
        year = "" if self.year is None else f"{self.year:04d}" if self.year > 0 else f"{1 - self.year} BC"
        if self.kind is Kind.DAY:
            parts = [year or "-", *(f"{part:02d}" for part in (self.month, self.day) if part is not None)]
            return "-".join(parts)
        if self.kind in (Kind.QUARTER, Kind.HALF):
            return (year and year + "-") + ("Q" if self.kind is Kind.QUARTER else "H") + str(number)
        if self.kind is Kind.TIME:
            return f"{number // 60:02d}:{number % 60:02d}"
        if self.kind is Kind.WEEKDAY:
            return _WEEKDAYS[number - 1]
        return f"{number}s" if self.kind is Kind.DECADE else f"century {number}"


def supported(answer: Date, context: Sequence[Date], years: Collection[int]) -> bool:
    """Whether the context states the answer's date, at the answer's precision.

    Args:
        answer: a date of the answer.
        context: the dates of the context.
        years: all years that the context names, alone or in dates, and its four-digit numbers, which may be years.

    """
    if answer.kind is Kind.DAY and answer.month is None:
        return answer.year in years
    if answer.kind is Kind.DECADE:
        first = answer.number or 0
        if any((year // 10 * 10 - first) % 100 == 0 and (first < 100 or year // 10 * 10 == first) for year in years):
            return True
    if answer.kind is Kind.CENTURY and any((year - 1) // 100 + 1 == answer.number for year in years):
        return True
    return any(matches(answer, one, years) for one in context)


def matches(answer: Date, given: Date, years: Collection[int]) -> bool:
    """Whether one date of the context states the answer's; a year that one of them lacks is looked for in `years`."""
    if answer.kind is Kind.QUARTER and given.kind is Kind.DAY and given.month is not None:
        return given.month == 3 * (answer.number or 0) and answer.year == given.year
    if answer.kind is not given.kind or not _same_year(answer, given, years):
        return False
    if answer.kind is Kind.DAY:
        return _same_day(answer, given)
    if answer.kind is Kind.TIME:
        difference = abs((answer.number or 0) - (given.number or 0))
        return difference == 0 or (difference == 720 and (answer.twelve or given.twelve))
    if answer.kind is Kind.DECADE and min(answer.number or 0, given.number or 0) < 100:
        return (answer.number or 0) % 100 == (given.number or 0) % 100
    return answer.number == given.number


def _same_year(answer: Date, given: Date, years: Collection[int]) -> bool:
    if answer.year is None or answer.year == given.year:
        return True
    return given.year is None and answer.year in years


def _same_day(answer: Date, given: Date) -> bool:
    if given.month is None:
        return False
    said = {(answer.month, answer.day)} | ({(answer.day, answer.month)} if answer.swapped else set())
    stated = {(given.month, given.day)} | ({(given.day, given.month)} if given.swapped else set())
    if answer.day is None:
        return any(answer.month == month for month, _ in stated)
    return bool(said & stated)
