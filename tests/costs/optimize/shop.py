"""A price list of five models, and calls priced by it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from otel_cert.costs import Scope
from otel_cert.costs.optimize import Advice, Listed, Options, Rates, Saving, optimize
from tests.calls import call, connect, cost

MILLION = Decimal(1_000_000)

PER_MILLION = {
    "openai/gpt-9": ("10", "1", "10", "40"),
    "openai/gpt-9-mini": ("2", "0.2", "2", "8"),
    "openai/gpt-9-nano": ("1", "0.1", "1", "4"),
    "anthropic/claude-opus-4-5": ("10", "1", "12.5", "50"),
    "mistral/talker": ("1", "1", "1", "100"),
}
"""Input, cache read, cache write and output, USD per million tokens."""


class Shop:
    """A price list; batches cost half, except for the nano model, which has no batch price."""

    windows: Mapping[str, int] = {}

    def listed(self, price_id: str, *, processing: str | None = None) -> Listed | None:
        if price_id not in PER_MILLION or (processing and price_id.endswith("nano")):
            return None
        share = 2 if processing else 1
        prices = [Decimal(price) / MILLION / share for price in PER_MILLION[price_id]]
        rates = Rates(-(2**63), 2**63 - 1, 0, 86_400 * 10**9, -1, 2**63 - 1, *prices, Decimal(0))
        return Listed(price_id, "USD", self.windows.get(price_id), [rates])

    def ids(self, seller: str) -> Sequence[str]:
        return [name for name in PER_MILLION if name.startswith(f"{seller}/")]


class Till:
    """Collects calls and prices them by the list."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.costs: list[dict[str, Any]] = []

    def add(
        self,
        price_id: str = "openai/gpt-9",
        tokens: int = 1000,
        output: int = 100,
        read: int | None = None,
        write: int | None = None,
        **fields: Any,
    ) -> int:
        """Add a call, one second after the last; return its number."""
        number = len(self.calls) + 1
        provider, model = price_id.split("/")
        known = {"provider": provider, "request_model": model, "service_name": "web", "operation": "chat"}
        used = {"input_tokens_total": tokens, "output_tokens_total": output, "cache_read_tokens": read}
        at = {"at_s": number, "seconds": 0.5} | {
            name: fields.pop(name) for name in ("at_s", "seconds") if name in fields
        }
        self.calls.append(call(number, **at, **known | used | {"cache_write_tokens": write} | fields))
        rates = [Decimal(price) / MILLION for price in PER_MILLION[price_id]]
        counts = (tokens - (read or 0) - (write or 0), read or 0, write or 0, output)
        names = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost")
        parts = {name: _times(rate, count) for name, rate, count in zip(names, rates, counts, strict=True)}
        self.costs.append(cost(number, str(sum(parts.values()))) | parts | {"price_id": price_id})
        return number

    def many(self, n: int, **fields: Any) -> list[int]:
        """Add `n` equal calls."""
        return [self.add(**fields) for _ in range(n)]

    def spent(self) -> Decimal:
        return sum((row["total_cost"] for row in self.costs if row["total_cost"]), Decimal(0))

    def connect(self, **more: Any) -> duckdb.DuckDBPyConnection:
        return connect(self.calls, self.costs, **more)

    def advice(self, options: Options | None = None, scope: Scope | None = None, **more: Any) -> Advice:
        return optimize(self.connect(**more), scope or Scope(), Shop(), options)

    def found(self, kind: str, options: Options | None = None, **more: Any) -> list[Saving]:
        return [saving for saving in self.advice(options, **more).savings if saving.kind == kind]


def _times(rate: Decimal, count: int) -> Decimal:
    return (rate * count).quantize(Decimal(1).scaleb(-18))


def content(
    *messages: str, system: str | None = None, tools: str | None = None, answer: str = "Yes."
) -> dict[str, Any]:
    """Return the columns of stored content: messages of the user."""
    import json

    def said(role: str, text: str) -> dict[str, Any]:
        return {"role": role, "parts": [{"type": "text", "content": text}]}

    return {
        "content_state": "present",
        "system_instructions": system and json.dumps([{"type": "text", "content": system}]),
        "input_messages": json.dumps([said("user", text) for text in messages]),
        "output_messages": json.dumps([said("assistant", answer)]),
        "tool_definitions": tools,
    }
