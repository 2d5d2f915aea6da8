"""A price: what the units of a call cost in one currency, within bounds of time, time of day and input tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from itertools import pairwise

EVER = (-(2**63), 2**63 - 1)
WHOLE_DAY = (0, 86_400_000_000_000)
ANY_TOKENS = (-1, 2**63 - 1)

Bounds = tuple[int, int]

_EXACT = Decimal(1).scaleb(-18)
"""What a column of money can hold."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices of single units; None = no price of its own."""

    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    input_image: Decimal | None = None
    output: Decimal | None = None
    reasoning: Decimal | None = None
    output_audio: Decimal | None = None
    output_image: Decimal | None = None
    request: Decimal | None = None
    """Of a request."""
    second: Decimal | None = None
    """Of a second that the call took: own hardware."""

    def __bool__(self) -> bool:
        """Return whether anything that a call always has is priced."""
        return any(rate is not None for rate in (self.input, self.output, self.request, self.second))

    def complete(self) -> Rates:
        """Return rates where a kind of token without a price of its own costs what the kind costs that it is one of."""
        free = self.request is not None or self.second is not None  # tokens are not what is paid for
        zero = Decimal(0) if free else None
        uncached = _first(self.input, zero)
        written = _first(self.cache_write, uncached)
        output = _first(self.output, zero)
        return replace(
            self,
            input=uncached,
            cache_read=_first(self.cache_read, uncached),
            cache_write=written,
            cache_write_1h=_first(self.cache_write_1h, written),
            input_audio=_first(self.input_audio, uncached),
            input_image=_first(self.input_image, uncached),
            output=output,
            reasoning=_first(self.reasoning, output),
            output_audio=_first(self.output_audio, output),
            output_image=_first(self.output_image, output),
        )


UNITS = tuple(field.name for field in fields(Rates))
"""The names of the rates."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a call costs that started in `unix_ns` and `ns_of_day` (upper bound out) with more than `tokens[0]` of input."""

    id: str
    """Provider and model."""
    source: str
    """genai-prices, builtin or user."""
    version: str
    rates: Rates
    currency: str = "USD"
    unix_ns: Bounds = EVER
    ns_of_day: Bounds = WHOLE_DAY
    tokens: Bounds = ANY_TOKENS
    """Lower bound out, upper bound in."""
    variant: str | None = None
    """Which variant of the price this is, e.g. `processing=batch`."""
    reference: str | None = None
    """Where the price was published."""
    note: str | None = None

    def holds(self, at_unix_ns: int, input_tokens: int) -> bool:
        """Return whether a call at a time, with so many input tokens, has this price."""
        return (
            self.unix_ns[0] <= at_unix_ns < self.unix_ns[1]
            and self.ns_of_day[0] <= at_unix_ns % WHOLE_DAY[1] < self.ns_of_day[1]
            and self.tokens[0] < input_tokens <= self.tokens[1]
        )

    def columns(self) -> dict[str, object]:
        """Return the row of the relation `prices`."""
        rates = self.rates.complete()
        return {
            "price_id": self.id,
            "price_source": self.source,
            "price_version": self.version,
            "price_variant": self.variant,
            "currency": self.currency,
            "from_unix_ns": self.unix_ns[0],
            "until_unix_ns": self.unix_ns[1],
            "from_ns_of_day": self.ns_of_day[0],
            "until_ns_of_day": self.ns_of_day[1],
            "above_tokens": self.tokens[0],
            "up_to_tokens": self.tokens[1],
            **{f"{unit}_rate": _exact(getattr(rates, unit)) for unit in UNITS},
        }


def first_that_hold(layers: Iterable[Iterable[Price]]) -> list[Price]:
    """Return prices of which one holds at a time: those of a layer only when none of an earlier one does."""
    found: list[Price] = []
    taken: list[Bounds] = []
    for layer in layers:
        prices = list(layer)
        found += [replace(price, unix_ns=free) for price in prices for free in _free(price.unix_ns, taken)]
        taken += {price.unix_ns for price in prices}
    return found


def _free(bounds: Bounds, taken: Iterable[Bounds]) -> Iterator[Bounds]:
    """Yield the parts of an interval that no other covers."""
    cuts = sorted({*bounds, *(edge for other in taken for edge in other if bounds[0] < edge < bounds[1])})
    for part in pairwise(cuts):
        if not any(other[0] <= part[0] and part[1] <= other[1] for other in taken):
            yield part


def _first(*rates: Decimal | None) -> Decimal | None:
    return next((rate for rate in rates if rate is not None), None)


def _exact(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate.quantize(_EXACT)
