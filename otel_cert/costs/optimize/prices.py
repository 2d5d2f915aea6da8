"""What the advice on savings needs to know of a price list, whoever keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rates:
    """What one token costs within bounds: times and times of day in ns (the lower in), input tokens (the lower out)."""

    from_unix_ns: int
    until_unix_ns: int
    from_ns_of_day: int
    until_ns_of_day: int
    above_tokens: int
    up_to_tokens: int
    input_rate: Decimal
    cache_read_rate: Decimal
    cache_write_rate: Decimal
    output_rate: Decimal | None
    """None: the list has no price for output."""
    request_fee: Decimal


@dataclass(frozen=True, slots=True)
class Listed:
    """A model of the price list, at the standard price or at that of a way of processing."""

    price_id: str
    """Seller and model, as `costs.price_id` has it: `openai/gpt-4o`."""
    currency: str
    context_window: int | None
    """Most input tokens of a call; None: not known."""
    rates: Sequence[Rates]


class Prices(Protocol):
    """A price list."""

    def listed(self, price_id: str, *, processing: str | None = None) -> Listed | None:
        """Return the model of that id, or None; with `processing="batch"` only if it has a price of its own for that."""

    def ids(self, seller: str) -> Sequence[str]:
        """Return the ids of the models of a seller that are not being retired, in no particular order."""


def seller(price_id: str) -> str:
    """Return the part of a price id before its model."""
    return price_id.partition("/")[0]


def rates_json(models: Iterable[tuple[str, Listed]]) -> str:
    """Return the parameter `rates` of a question: the rates of (name that the question joins by, model)."""
    rows = [{"target": name, "currency": listed.currency, **asdict(r)} for name, listed in models for r in listed.rates]
    return json.dumps(sorted(rows, key=lambda row: (row["target"], *list(row.values())[2:8])), default=_plain)


def _plain(value: object) -> str:
    assert isinstance(value, Decimal)  # noqa: S101
    return format(value, "f")
