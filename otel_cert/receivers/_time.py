"""Times as the records of other tools write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
"""(a number below this, is of units of so many nanoseconds): s until the year 5138, then ms, then us."""
_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d+)")


def unix_ns(value: object) -> int | None:
    """Return a time in nanoseconds since 1970, exactly; None when it is none.

    Read are ISO 8601, also with a space for the `T`, where no zone means UTC, and numbers since 1970, also as text: seconds,
    milliseconds, microseconds or nanoseconds, as their size says.

    >>> unix_ns("2026-01-01 00:00:00.123456789")
    1767225600123456789
    >>> unix_ns(1767225600.5) == unix_ns("2026-01-01T01:00:00.5+01:00")
    True
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = _since_epoch(Decimal(str(value)))
    except InvalidOperation:
        found = _iso(str(value).strip())
    return found if found is not None and 0 < found < 2**63 else None


def _since_epoch(number: Decimal) -> int | None:
    if not number.is_finite() or number.adjusted() > 20:
        return None
    return int(number * next((unit for below, unit in _UNITS if number < below), 1))


def _iso(text: str) -> int | None:
    fraction = _FRACTION.search(text)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text))
    except ValueError:
        return None
    past = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (past.days * 86_400 + past.seconds) * 10**9 + (int(fraction[1][:9].ljust(9, "0")) if fraction else 0)
