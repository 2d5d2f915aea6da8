"""The price lists as the advice on savings asks for them: by the id of a price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cached_property, partial
from typing import TYPE_CHECKING

from otel_cert.costs.optimize.prices import Listed, Rates
from otel_cert.processors.price import Price
from otel_cert.processors.price_lists import PriceLists

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

_NOTHING = Decimal(0)
_Tiered = Callable[[str | None], list[Price]]
"""The prices at a service tier."""


class ListedPrices:
    """Every model that is priced per token or request, in the user's book, our own list and genai-prices."""

    def __init__(self, lists: PriceLists) -> None:
        self._lists = lists

    def listed(self, price_id: str, *, processing: str | None = None) -> Listed | None:
        """Return the model of that id, or None; with `processing` only if it has a price of its own for that."""
        entry = self._entries.get(price_id)
        prices = [price for price in entry(processing) if price.rates and price.rates.second is None] if entry else []
        if not prices or (processing and not any(price.variant for price in prices)):
            return None
        model = self._models.get(price_id)
        window = model.context_window if model else None
        return Listed(price_id, prices[0].currency, window, [_rates(price) for price in prices])

    def ids(self, seller: str) -> Sequence[str]:
        """Return the ids of the models of a seller that are not being retired."""
        retired = {name for name, model in self._models.items() if model.deprecated}
        return [name for name in self._entries if name.startswith(f"{seller}/") and name not in retired]

    @cached_property
    def _models(self) -> dict[str, ModelInfo]:
        return {f"{seller.id}/{model.id}": model for seller in self._lists.listed.providers for model in seller.models}

    @cached_property
    def _entries(self) -> dict[str, _Tiered]:
        """The id of each price and what gives it; that of the user's book where several lists have it."""
        found: dict[str, _Tiered] = {}
        for seller in self._lists.listed.providers:
            for model in seller.models:
                found[f"{seller.id}/{model.id}"] = partial(self._listed, seller, model)
        for book in filter(None, (self._lists.builtin, self._lists.book)):
            for written, entry in book.entries:
                if entry.until is None:  # what ended is history
                    for price in book.prices_of(written, entry):
                        found[price.id] = partial(book.prices_of, written, entry)
        return found

    def _listed(self, seller: Provider, model: ModelInfo, tier: str | None) -> list[Price]:
        return list(self._lists.listed.prices_of(seller, model, tier))


def _rates(price: Price) -> Rates:
    rates = price.rates.complete()
    return Rates(
        *(*price.unix_ns, *price.ns_of_day, *price.tokens),
        input_rate=rates.input or _NOTHING,
        cache_read_rate=rates.cache_read or _NOTHING,
        cache_write_rate=rates.cache_write or _NOTHING,
        output_rate=rates.output,
        request_fee=rates.request or _NOTHING,
    )
