"""Answers of the question `costs`, added up: by group, currency and part of time, in one currency where rates are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

from otel_cert.costs.currency import Rate, Rates, convert
from otel_cert.questions import Answer

Key = tuple[str | None, str | None]
"""Provider (of a model) and name."""
Figures = dict[str, Any]
"""Columns of `costs` that can be added."""
Buckets = dict[int | None, Figures]
"""By start, ns since 1970; None = without a time, or not asked for."""
Cells = dict[Key, dict[str | None, Buckets]]
"""By group and currency."""

_COUNTS = (
    "calls", "priced_calls", "estimated_calls", "unpriced_calls", "input_known", "cached_known", "output_known",
)  # fmt: skip
_TOKENS = {"input_tokens": "input_known", "cached_tokens": "cached_known", "output_tokens": "output_known"}
_AMOUNTS = ("cost", "priced_tokens_cost")
_DIGITS = 60
"""No sum of amounts, which have up to 20 digits before the point and 18 behind, is rounded."""


class Conversion:
    """Converts rows with `rates`, and remembers the rates that it used and the currencies that have none."""

    def __init__(self, rates: Rates | None) -> None:
        self._rates = rates
        self.used: set[Rate] = set()
        self.unconverted: set[str] = set()

    def __call__(self, row: Figures) -> Figures:
        """Return the row in the target's currency, or as it is."""
        source, rates = row["currency"], self._rates
        if rates is None or source in (None, rates.target):
            return row
        start = row["bucket_unix_ns"]
        rate = rates.on(source, None if start is None else datetime.fromtimestamp(start // 10**9, UTC).date())
        if rate is None:
            self.unconverted.add(source)
            return row
        self.used.add(rate)
        amounts = {name: None if row[name] is None else convert(row[name], rate) for name in _AMOUNTS}
        return {**row, **amounts, "currency": rates.target}


def cells(answer: Answer, conversion: Conversion, bucket: Callable[[int | None], int | None]) -> Cells:
    """Return the answer's figures; `bucket` gives the part of time that holds an hour or a day."""
    found: Cells = {}
    for row in map(conversion, answer.dicts()):
        buckets = found.setdefault((row["provider"], row["key"]), {}).setdefault(row["currency"], {})
        start = bucket(row["bucket_unix_ns"])
        buckets[start] = plus(buckets[start], row) if start in buckets else row
    return found


def place_unpriced(*periods: Cells) -> None:
    """Move what has no currency into its group's only one, if the group has exactly one over all `periods`."""
    for key in {key for period in periods for key in period}:
        groups = [period[key] for period in periods if key in period]
        currencies = {currency for group in groups for currency in group if currency}
        if len(currencies) == 1:
            for group in groups:
                for start, figures in group.pop(None, {}).items():
                    _add(group.setdefault(next(iter(currencies)), {}), start, figures)


def merged(groups: Iterable[Buckets]) -> Buckets:
    """Return the sums per part of time."""
    result: Buckets = {}
    for buckets in groups:
        for start, figures in buckets.items():
            _add(result, start, figures)
    return result


def total(buckets: Iterable[Figures]) -> Figures:
    """Return the sum; of no call at all, every figure is 0."""
    result: Figures = nothing()
    for figures in buckets:
        result = plus(result, figures) if result["calls"] else figures
    return result


def nothing() -> Figures:
    """Return the figures of no calls: they cost 0."""
    counts = dict.fromkeys((*_COUNTS, *_TOKENS, "priced_tokens"), 0)
    return {**counts, **dict.fromkeys(_AMOUNTS, Decimal(0)), "unpriced_reasons": {}}


def plus(a: Mapping[str, Any], b: Mapping[str, Any]) -> Figures:
    """Return the sum of two groups of calls; what is not known of one is known of the other alone."""
    result: Figures = {name: a[name] + b[name] for name in _COUNTS}
    for name, known in _TOKENS.items():
        # A sum that fits no integer is not known, although its parts are.
        lost = any(part[name] is None and part[known] for part in (a, b))
        result[name] = None if lost else _sum(a[name], b[name])
    result["priced_tokens"] = _sum(a["priced_tokens"], b["priced_tokens"])
    with localcontext(prec=_DIGITS):
        result.update({name: _sum(a[name], b[name]) for name in _AMOUNTS})
    result["unpriced_reasons"] = _reasons(a["unpriced_reasons"], b["unpriced_reasons"])
    return result


def _reasons(a: Mapping[str, int], b: Mapping[str, int]) -> Mapping[str, int]:
    return Counter(a) + Counter(b) if a and b else a or b


def _add(buckets: Buckets, start: int | None, figures: Figures) -> None:
    buckets[start] = plus(buckets[start], figures) if start in buckets else figures


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b
