"""What a string of digits and marks says: `1,234.56`, `1.234,56`, `1 234,56`, `1'234.56`, `12,34,567`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_DIGITS = 18  # more digits are an identifier, not an amount

_SPACES = re.compile(r"[ \u00a0\u202f\u2009]")
_APART = re.compile(r" ?([.,]) ?")
_MARKS = re.compile(r"[.,'’٫٬]")  # noqa: RUF001
_THREES = re.compile(r"\d{1,3}(?:[.,'’٬ \u00a0\u202f\u2009]\d{3})+")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")


class Numeral(NamedTuple):
    """One reading of a digit string."""

    value: float
    step: float
    """The value of its last digit: 0.01 for `1.50`, 1 for `90`."""
    zeros: int
    """Trailing zeros of a whole number: 3 for `38,000`."""
    grouped: bool
    """Whether marks or spaces group its digits."""


class Marks(NamedTuple):
    """How a text writes numbers."""

    decimal: str
    """Its decimal mark, `.` or `,`."""
    sure: bool
    """Whether the other reading of `1.234` can be excluded."""


def marks(numerals: Iterable[str], decimal: str, sure: bool) -> Marks:
    """Return how a text writes numbers: by its own clear numerals, else by the convention of its language.

    Args:
        numerals: the digit strings of the text.
        decimal: the decimal mark of its language.
        sure: whether that language has one convention everywhere.

    """
    seen: dict[str, int] = {".": 0, ",": 0}
    for numeral in numerals:
        mark = _decimal_mark(numeral)
        if mark:
            seen[mark] += 1
    if seen["."] and seen[","]:
        return Marks("." if seen["."] > seen[","] else "," if seen[","] > seen["."] else decimal, False)
    if seen["."] or seen[","]:
        return Marks("." if seen["."] else ",", True)
    return Marks(decimal, sure)


def readings(numeral: str, style: Marks) -> list[Numeral]:
    """Return what a digit string can mean, the likely first; none when it is a code such as `1.2.3`."""
    numeral = _APART.sub(r"\1", _ascii(numeral)) if " " in numeral else _ascii(numeral)
    if len(numeral) > 2 * MAX_DIGITS:
        return []
    mark = _decimal_mark(numeral)
    if mark is not None:
        whole, _, part = numeral.rpartition(mark)
        return _decimal(whole, part)
    found = _MARKS.findall(numeral)
    if not found:
        return _whole(_SPACES.sub("", numeral), numeral.count(" ") > 0 or not numeral.isdigit())
    if not (_THREES.fullmatch(numeral) or _INDIAN.fullmatch(numeral)):
        return []
    grouped = _whole(re.sub(r"\D", "", numeral), True)
    if len(found) > 1 or found[0] not in ".,":
        return grouped
    whole, _, part = numeral.partition(found[0])
    decimal = _decimal(whole, part)
    if found[0] == style.decimal:
        return decimal if style.sure else decimal + grouped
    return grouped if style.sure else grouped + decimal


def _decimal_mark(numeral: str) -> str | None:
    """Return the decimal mark where only one reading is possible; None = there is none, or `1.234` is open."""
    found = _MARKS.findall(numeral)
    last = found[-1] if found else ""
    if last not in (".", ",") or (len(found) > 1 and found[-2] == last):
        return None
    whole, _, part = numeral.rpartition(last)
    if len(found) == 1 and not _SPACES.search(whole):
        return last if len(part) != 3 or len(whole) > 3 or whole.startswith("0") else None
    return last if _THREES.fullmatch(whole) or _INDIAN.fullmatch(whole) else None


def _decimal(whole: str, part: str) -> list[Numeral]:
    digits = re.sub(r"\D", "", whole)
    if len(digits) + len(part) > MAX_DIGITS:
        return []
    return [Numeral(float(f"{digits}.{part}"), 10.0 ** -len(part), 0, digits != whole)]


def _whole(digits: str, grouped: bool) -> list[Numeral]:
    if len(digits) > MAX_DIGITS:
        return []
    stripped = digits.rstrip("0")
    return [Numeral(float(digits), 1.0, len(digits) - len(stripped) if stripped else 0, grouped)]


def _ascii(numeral: str) -> str:
    if numeral.isascii():
        return numeral
    digits = "".join(str(int(char)) if char.isdecimal() else char for char in numeral)
    return digits.replace("\u066b", ".").replace("\u066c", ",")
