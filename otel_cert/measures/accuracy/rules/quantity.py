"""Quantities: a value with its unit, and whether one of a context supports one of an answer."""

from __future__ import annotations

import math
from enum import Enum
from typing import NamedTuple

LOOSE = 0.125  # rounding to the digits shown may move a value by no more than this share
MOST = 1.6  # no rounding or hedge reaches further than this factor
DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "TWD"})
GENERIC = {  # what a sign or a word leaves open
    "$": DOLLARS,
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK", "CZK"}),
    "¥": frozenset({"JPY", "CNY"}),
    "peso": frozenset({"MXN", "ARS", "CLP", "COP", "PHP"}),
    "franc": frozenset({"CHF", "XAF", "XOF"}),
    "rupee": frozenset({"INR", "PKR", "LKR"}),
    "cent": frozenset({"USD", "EUR", "$", "CAD", "AUD"}),
}


class Hedge(Enum):
    """What a text says about how exact a value is."""

    NONE = "exact as far as its digits go"
    ABOUT = "about"
    OVER = "more than"
    UNDER = "less than"
    NEARLY = "nearly"


class Reading(NamedTuple):
    """One meaning of a quantity."""

    value: float
    """In the base unit of its dimension: m, g, s, percent, units of the currency."""
    step: float
    """The value of its last digit, in the same unit."""
    dimension: str
    """`number`, `percent`, `money`, `ordinal`, `fraction`, or that of its unit, e.g. `mass`."""
    unit: str
    """Its unit as written in messages, e.g. `mg`, `USD`; "" = none."""
    shown: float
    """Its value in that unit."""
    base: float
    """Its digits alone, without scale and unit: 450 for `$450 billion`."""


class Quantity(NamedTuple):
    """A number in a text, with all that belongs to it."""

    start: int
    end: int
    readings: tuple[Reading, ...]
    hedge: Hedge = Hedge.NONE
    zeros: int = 0
    """Trailing zeros of its digits."""
    scaled: bool = False
    """Whether a scale word or a unit prefix is written with it."""
    code: str = ""
    """What stands before it in a code: `cd` for `CD4`, `stage` for `Stage 4`; "" = a quantity."""
    year: bool = False
    """Whether it may be a year: four bare digits."""
    spelled: bool = False
    """Whether it is written in words."""
    claim: bool = True
    """False for numbering, references and counting words: they say nothing that a context could support."""
    until: float | None = None
    """The upper end, in the unit of the first reading, of the range that it begins."""
    times: bool = False
    """Whether it says how often: "twice", "three times"."""
    open: bool = False
    """Whether it is wrong only where the context says another in its place: "once", "two times"."""
    bound: bool = False
    """Whether it is an end of a range."""

    @property
    def first(self) -> Reading:
        """Its likely meaning."""
        return self.readings[0]


def supports(context: Quantity, answer: Quantity) -> bool:
    """Whether what the context says makes the answer's quantity true, at the precision that the answer shows."""
    if answer.code or context.code:
        return _same_code(context, answer)
    for said in answer.readings:
        for given in context.readings:
            if comparable(given, said) and _near(given, context, said, answer):
                return True
    return _in_range(context, answer)


def comparable(given: Reading, said: Reading) -> bool:
    """Whether two meanings can be equal: one dimension and currency, or a unit that one leaves out."""
    if given.dimension == said.dimension:
        return given.dimension != "money" or same_currency(given.unit, said.unit)
    if "ordinal" in (given.dimension, said.dimension):
        return "number" in (given.dimension, said.dimension)
    if {given.dimension, said.dimension} == {"fraction", "percent"}:
        return True
    return given.dimension in ("number", "fraction") or said.dimension in ("number", "fraction")


def same_currency(one: str, other: str) -> bool:
    """Whether two currencies can be the same; `$` is any dollar."""
    return one == other or other in GENERIC.get(one, ()) or one in GENERIC.get(other, ())


def _near(given: Reading, context: Quantity, said: Reading, answer: Quantity) -> bool:
    if given.dimension == said.dimension:
        return _close(given.value, said.value, said, given, answer)
    if "fraction" in (given.dimension, said.dimension):
        return _as_share(given, said)
    if said.dimension == "number":  # the answer leaves the unit out
        return any(_close(value, said.value, said, given, answer) for value in {given.shown, given.value, given.base})
    if context.scaled:
        return math.isclose(given.value, said.shown, rel_tol=1e-9)
    # The context leaves the unit out, as tables do: only the very value counts.
    return any(math.isclose(given.value, value, rel_tol=1e-9) for value in (said.shown, said.value))


def _as_share(given: Reading, said: Reading) -> bool:
    scale = {"percent": 1.0, "fraction": 100.0, "number": 100.0}
    if given.dimension not in scale or said.dimension not in scale:
        return False
    tolerance = max(1.0 if said.dimension == "fraction" else 0.5 * said.step, 1e-9)
    one, other = given.value * scale[given.dimension], said.value * scale[said.dimension]
    if given.dimension == said.dimension == "fraction":
        tolerance = 0.1
    return abs(one - other) <= tolerance


def _close(given: float, value: float, said: Reading, other: Reading, answer: Quantity) -> bool:
    size = max(abs(value), abs(given))
    if abs(given - value) <= 1e-9 * size:
        return True
    if (given < 0) != (value < 0) and given and value:
        return False
    if answer.hedge is not Hedge.NONE and _hedged(abs(given), abs(value), said.step * 10.0**answer.zeros, answer.hedge):
        return True
    if answer.year:
        return False
    step = said.step
    if said.unit != other.unit and said.dimension not in ("money", "number", "percent"):
        return abs(given - value) <= max(0.5 * step, min(0.5 * other.step, 0.05 * size)) and _loosely(given, value)
    return (_rounds(abs(given), abs(value), step) or _round_number(given, value, step, answer)) and _loosely(
        given, value
    )


def _rounds(given: float, value: float, step: float) -> bool:
    """Whether `given`, rounded half away from zero to `step`, is `value`."""
    slack = 1e-9 * max(given, value)
    return value - 0.5 * step - slack <= given < value + 0.5 * step - slack


def _round_number(given: float, value: float, step: float, answer: Quantity) -> bool:
    """Whether an unhedged round number stands for a given one: 38,000 for 38,449, but never 2,000 for 2,013."""
    digits = len(str(int(abs(answer.first.base))))
    if answer.zeros < 2 or digits < 4 or digits - answer.zeros < 2:
        return False
    return _rounds(abs(given), abs(value), step * 10**answer.zeros) and abs(given - value) <= 0.02 * abs(given)


def _loosely(given: float, value: float) -> bool:
    return abs(given - value) <= LOOSE * max(abs(given), abs(value))


def _hedged(given: float, value: float, step: float, hedge: Hedge) -> bool:
    """Whether a hedged value stands for a given one; `step` is that of its last digit other than 0.

    "about 90" is wider than "about 93"; "more than 1 million" may be said of 1.4 million.
    """
    if hedge is Hedge.ABOUT:
        return abs(given - value) <= min(0.1 * value, max(0.75 * step, 0.02 * value))
    low, high = {Hedge.OVER: (1.0, 1.5), Hedge.UNDER: (0.67, 1.0), Hedge.NEARLY: (0.9, 1.0)}[hedge]
    return low * value <= given <= high * value


def _in_range(context: Quantity, answer: Quantity) -> bool:
    if context.until is None or answer.bound or context.year or answer.year:
        return False
    given, said = context.first, answer.first
    return comparable(given, said) and given.dimension == said.dimension and given.value <= said.value <= context.until


def _same_code(context: Quantity, answer: Quantity) -> bool:
    return context.first.value == answer.first.value and (not answer.code or context.code in ("", answer.code))
