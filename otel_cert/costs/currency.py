"""Amounts in another currency: a given rate, or a file of dated rates; what has no rate stays as it is.

A file is YAML, a list of `{date: 2026-11-01, from: USD, to: EUR, rate: 0.92}`, or CSV with these four columns: one USD
is 0.92 EUR from that day on. A call is converted at the rate of its own day (UTC), else at the latest before it. Where a
file only has the opposite direction, as the European Central Bank publishes it, its inverse is taken.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from functools import cached_property
from pathlib import Path
from typing import Any

from otel_cert.errors import UsageError

LISTED = "USD"
"""Currency of the public price lists: what a rate without a currency is for."""
_PLACES = Decimal(1).scaleb(-18)
_DIGITS = 60
"""Enough for any product of an amount and a rate."""


@dataclass(frozen=True, order=True)
class Rate:
    """From `day` on one unit of `source` is `rate` units of `target`."""

    day: date
    source: str
    target: str
    rate: Decimal

    def __str__(self) -> str:
        return f"1 {self.source} = {self.rate.normalize():f} {self.target} ({self.day})"


@dataclass(frozen=True)
class Rates:
    """The rates towards `target`, a code of ISO 4217.

    `always`: the rates hold for every day, also before their date and for calls without a time.
    """

    target: str
    rates: tuple[Rate, ...]
    always: bool = False

    @classmethod
    def given(cls, target: str, rates: Iterable[str], day: date) -> Rates:
        """Return rates that hold for every call: `0.92` for one USD, `GBP=1.15` for one of another currency.

        `day` says of when they are. Raises UsageError.
        """
        pairs = [rate.rpartition("=") for rate in rates]
        try:
            return cls(
                target, tuple(_rate(day, source or LISTED, target, rate) for source, _, rate in pairs), always=True
            )
        except ValueError as error:
            raise UsageError(str(error)) from None

    @classmethod
    def load(cls, path: Path, target: str) -> Rates:
        """Return the rates of a file; raise UsageError naming the entry that is wrong."""
        rates = []
        for number, entry in _entries(path):
            try:
                rates.append(_rate(*(_field(entry, name) for name in ("date", "from", "to", "rate"))))
            except ValueError as error:
                raise UsageError(
                    f"{path}, entry {number}: {error}",
                    hint="an entry is date: 2026-11-01, from: USD, to: EUR, rate: 0.92",
                ) from None
        return cls(target, tuple(rates))

    def on(self, source: str, day: date | None) -> Rate | None:
        """Return the rate for an amount in `source` on a day; None when there is none, or the day is not known."""
        known = self._by_source.get(source, ())
        if self.always:
            return known[-1] if known else None
        index = bisect_right(known, day, key=lambda rate: rate.day) if day else 0
        return known[index - 1] if index else None

    @cached_property
    def _by_source(self) -> dict[str, list[Rate]]:
        found: dict[str, dict[date, Rate]] = {}
        for rate in sorted(self.rates, key=lambda rate: rate.target == self.target):  # the direct one last: it wins
            if rate.target == self.target:
                found.setdefault(rate.source, {})[rate.day] = rate
            elif rate.source == self.target:
                found.setdefault(rate.target, {})[rate.day] = _inverse(rate)
        return {source: [days[day] for day in sorted(days)] for source, days in found.items()}


def convert(amount: Decimal, rate: Rate) -> Decimal:
    """Return an amount in the rate's target, to 18 decimals."""
    with localcontext(prec=_DIGITS):
        return (amount * rate.rate).quantize(_PLACES)


def _inverse(rate: Rate) -> Rate:
    with localcontext(prec=_DIGITS):
        return Rate(rate.day, rate.target, rate.source, (1 / rate.rate).quantize(_PLACES))


def _entries(path: Path) -> Iterable[tuple[int, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if path.suffix == ".csv":
        return enumerate(csv.DictReader(text.splitlines(), skipinitialspace=True), 1)
    import yaml

    try:
        listed = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML: {error}") from None
    if not isinstance(listed, list):
        raise UsageError(f"{path} is no list of rates", hint="- {date: 2026-11-01, from: USD, to: EUR, rate: 0.92}")
    return enumerate(listed, 1)


def _field(entry: object, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    if value is None:
        raise ValueError(f"{name} is missing")
    return str(value)


def _rate(day: str | date, source: str, target: str, rate: str | Decimal) -> Rate:
    """Return a checked rate; raise ValueError."""
    try:
        number = Decimal(rate)
    except InvalidOperation:
        raise ValueError(f"{rate!r} is no number") from None
    if not (number.is_finite() and number > 0):
        raise ValueError(f"a rate is above 0, not {rate}")
    for code in (source, target):
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            raise ValueError(f"{code!r} is no currency; write e.g. EUR")
    return Rate(date.fromisoformat(day) if isinstance(day, str) else day, source, target, number)
