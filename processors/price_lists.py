"""The price lists in their order: the user's book, our own, genai-prices; and under which names each is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from . import price_book
from .listed_prices import GenaiPrices
from .price import Price, first_that_hold

_REGION = re.compile(r"^(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|me|af|global)\.(?=[a-z0-9-]+\.)")
"""Bedrock's inference profiles name the region before the vendor."""
_VENDORS = (
    ("titan", "amazon"), ("nova", "amazon"), ("claude", "anthropic"), ("command", "cohere"), ("embed", "cohere"),
    ("j2", "ai21"), ("jamba", "ai21"), ("llama", "meta"), ("mistral", "mistral"), ("mixtral", "mistral"),
)  # fmt: skip
"""Vendors that Bedrock has before the names of models, which some instrumentations cut off."""
_DATE = re.compile(r"[-@:](?:20\d\d-[01]\d-[0-3]\d|20\d\d[01]\d[0-3]\d)(?=$|-v\d|[:@])")
_STANDARD = frozenset(("default", "standard", "standard_only", "auto", "on_demand"))
"""Service tiers that are the usual one."""

_MOST_KNOWN = 50_000


class PriceList(Protocol):
    """Knows prices of models."""

    version: str

    def prices(self, provider: str | None, model: str, tier: str | None) -> list[Price]:
        """Return the prices of a model, none when it is not known; `provider` as the conventions name it."""
        ...


class PriceLists:
    """Finds the prices of calls; keeps what it found, since the lists do not change while a process runs."""

    def __init__(self, *, book: Path | None = None, listed: Path | None = None) -> None:
        """Read the user's price book and, instead of the installed genai-prices list, another that was fetched."""
        self.book = None if book is None else price_book.user(book)
        self.builtin = price_book.builtin()
        self.listed = GenaiPrices(listed)
        self._known: dict[tuple[str | None, ...], list[Price]] = {}

    def prices(
        self,
        provider: str | None,
        response_model: str | None,
        request_model: str | None = None,
        tier: str | None = None,
    ) -> list[Price]:
        """Return the prices of which one holds at a time; none when no list knows the models.

        The model that answered comes before the one asked for, which may be the name of a deployment or an alias; in the
        user's book either is meant as it stands. `tier` is the service tier.
        """
        key = (provider, response_model, request_model, tier)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:  # senders name them
                self._known.clear()
                self.listed.forget()
            lower = tier.lower() if tier else None
            self._known[key] = first_that_hold(self._layers(*key[:3], None if lower in _STANDARD else lower))
        return self._known[key]

    def _layers(
        self, provider: str | None, response_model: str | None, request_model: str | None, tier: str | None
    ) -> Iterator[list[Price]]:
        models = [model for model in dict.fromkeys((response_model, request_model)) if model]
        for model in models if self.book else ():
            yield _first(self.book, provider, model, tier)
        for model in models:
            yield _first(self.builtin, provider, model, tier)
            yield _first(self.listed, provider, model, tier)


def _first(prices: PriceList | None, provider: str | None, model: str, tier: str | None) -> list[Price]:
    """Return what a list has under the first name of a model that it knows."""
    if prices is None:
        return []
    return next((found for name in names(model, provider) if (found := prices.prices(provider, name, tier))), [])


def names(model: str, provider: str | None = None) -> list[str]:
    """Return a model's name as sent, then without path or resource name, region, and date of its version.

    >>> names("azure/gpt-4o-2026-01-01")
    ['azure/gpt-4o-2026-01-01', 'gpt-4o-2026-01-01', 'azure/gpt-4o', 'gpt-4o']
    >>> names("titan-embed-text-v2:0", "aws.bedrock")
    ['titan-embed-text-v2:0', 'amazon.titan-embed-text-v2:0']
    """
    short = model.rpartition("/")[2]
    shorter = _REGION.sub("", short)
    vendors = [vendor for family, vendor in _VENDORS if shorter.startswith(family)] if provider == "aws.bedrock" else []
    dated = (model, short, shorter, *(f"{vendor}.{shorter}" for vendor in vendors))
    return list(dict.fromkeys(filter(None, (*dated, *(_DATE.sub("", name) for name in dated)))))
