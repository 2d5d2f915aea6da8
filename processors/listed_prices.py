"""The prices of genai-prices: of the installed package, or of a newer list of its authors that the user fetched.

The list says what a token costs from a day on, between two times of day, above a number of input tokens, and for a
service tier or a batch; each combination becomes a `Price`. https://github.com/pydantic/genai-prices
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib import metadata
from itertools import pairwise
from pathlib import Path

from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from otel_cert.errors import Permanent

from .price import ANY_TOKENS, EVER, WHOLE_DAY, Bounds, Price, Rates

SOURCE = "genai-prices"

PROVIDER_IDS = {
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "x_ai": "x-ai",
}
"""`gen_ai.provider.name` -> provider of genai-prices, where they differ."""

INSTALLED: Sequence[Provider] = providers
"""The list of the installed package."""

_UNITS = {
    "input": "input_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "input_audio": "input_audio_mtok",
    "input_image": "input_image_mtok",
    "output": "output_mtok",
    "reasoning": "output_reasoning_mtok",
    "output_audio": "output_audio_mtok",
    "output_image": "output_image_mtok",
    "request": "requests_kcount",
}
"""Our unit -> the list's price."""
_PER = {"request": 3}
"""Prices are per 10**6 units, but for these."""


class GenaiPrices:
    """The list of the installed package, or one in a file as its authors publish it."""

    def __init__(self, file: Path | None = None) -> None:
        self.providers: Sequence[Provider] = INSTALLED if file is None else _read(file)
        self.forget()
        self.version = metadata.version("genai-prices")
        if file is not None:
            self.version += f"+{newest(self.providers):%Y-%m-%d}"

    def forget(self) -> None:
        """Give the memory back in which names that were asked for are kept."""
        # A snapshot of our own: another library may have pointed the shared one at downloaded prices.
        self._list = DataSnapshot(providers=list(self.providers), from_auto_update=False)

    def prices(self, provider: str | None, model: str, tier: str | None) -> list[Price]:
        """Return the prices of a model by the conventions' name of its provider; none when the list does not know it."""
        provider_id = PROVIDER_IDS.get(provider, provider) if provider else None
        try:
            seller, info = self._list.find_provider_model(model, None, provider_id, None)
        except LookupError:
            return []
        return list(self.prices_of(seller, info, tier))

    def prices_of(self, seller: Provider, model: ModelInfo, tier: str | None) -> Iterator[Price]:
        """Yield the prices of a model of the list; none when it has none per token or request (audio by the hour ...)."""
        context = _context(tier)
        page = seller.pricing_urls[0] if seller.pricing_urls else None
        found = Price(
            f"{seller.id}/{model.id}", SOURCE, self.version, Rates(), reference=page, note=model.price_comments
        )
        for unix_ns, day in _days(model, context):
            for ns_of_day, time_of_day in _times(model, context):
                moment = datetime.combine(day, time_of_day, UTC)
                price = model.get_prices(moment, context)
                variant = _variant(model, moment, context)
                for tokens in _tiers(price):
                    if rates := _rates(price, tokens[1]):
                        yield replace(
                            found, unix_ns=unix_ns, ns_of_day=ns_of_day, tokens=tokens, rates=rates, variant=variant
                        )


def newest(providers: Sequence[Provider] = INSTALLED, *, upto: date = date.max) -> date:
    """Return the day from which the newest price of a list is valid, as far as it says; lists know some of the future."""
    constraints = (c for provider in providers for model in provider.models for c in _constraints(model, {}))
    return max(c.start_date for c in constraints if isinstance(c, StartDateConstraint) and c.start_date <= upto)


def parse(content: bytes) -> list[Provider]:
    """Return the providers of a list as its authors publish it; raise ValueError for anything else."""
    from genai_prices.types import _providers_from_raw  # the package has no public way to read a list from a file

    try:
        raw = json.loads(content)
        if not isinstance(raw, list) or not raw:
            raise ValueError("an array of providers was expected")
        return _providers_from_raw(raw)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"no price list of genai-prices: {str(error).splitlines()[0]}") from error


def _read(file: Path) -> list[Provider]:
    try:
        return parse(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Permanent(f"{file}: {error}", hint="get a list with `otel-cert prices update`") from error


def _context(tier: str | None) -> dict[str, str]:
    """Return what decides between variants: the list has batches as a way of processing, senders as a tier."""
    if tier is None:
        return {}
    return {"service_tier": tier, **({"processing": "batch"} if tier == "batch" else {})}


def _variant(model: ModelInfo, moment: datetime, context: Mapping[str, str]) -> str | None:
    """Return which variants of a price hold; those that change nothing are none."""
    holding = [
        variant.when
        for variant in model.price_variants or ()
        if (variant.constraint is None or variant.constraint.active(moment))
        and all(context.get(key) == value for key, value in variant.when.items())
        and any(price is not None for price in variant.prices.__dict__.values())
    ]
    return ",".join(f"{key}={value}" for when in holding for key, value in when.items()) or None


def _rates(price: ModelPrice, input_tokens: int) -> Rates:
    """Return the price of each unit in a call with so many input tokens: that of the highest tier passed."""
    found = {unit: _rate(getattr(price, name), input_tokens, _PER.get(unit, 6)) for unit, name in _UNITS.items()}
    return Rates(**found)


def _rate(price: Decimal | TieredPrices | None, input_tokens: int, per: int) -> Decimal | None:
    if isinstance(price, TieredPrices):
        price = next((tier.price for tier in reversed(price.tiers) if input_tokens > tier.start), price.base)
    return None if price is None else price.scaleb(-per)


def _tiers(price: ModelPrice) -> Iterator[Bounds]:
    """Yield the ranges of input tokens within which no rate changes."""
    rates = [getattr(price, name) for name in _UNITS.values()]
    starts = {tier.start for rate in rates if isinstance(rate, TieredPrices) for tier in rate.tiers}
    yield from pairwise([ANY_TOKENS[0], *sorted(starts), ANY_TOKENS[1]])


def _days(model: ModelInfo, context: Mapping[str, str]) -> Iterator[tuple[Bounds, date]]:
    """Yield ((from, until) ns, a day between) for each period between the days on which prices start."""
    starts = sorted({c.start_date for c in _constraints(model, context) if isinstance(c, StartDateConstraint)})
    days = [starts[0] - timedelta(days=1), *starts] if starts else [date(1970, 1, 1)]
    bounds = [EVER[0], *((day - date(1970, 1, 1)).days * WHOLE_DAY[1] for day in starts), EVER[1]]
    yield from zip(pairwise(bounds), days, strict=True)


def _times(model: ModelInfo, context: Mapping[str, str]) -> Iterator[tuple[Bounds, time]]:
    """Yield ((from, until) ns of the UTC day, a time between) for each period between daily changes of price."""
    limits = [c for c in _constraints(model, context) if isinstance(c, TimeOfDateConstraint)]
    seconds = {0, *(_second_of_day(t) for c in limits for t in (c.start_time, c.end_time))}
    for start, end in pairwise([*sorted(seconds), 86_400]):
        yield (start * 1_000_000_000, end * 1_000_000_000), (datetime.min + timedelta(seconds=start)).time()


def _constraints(
    model: ModelInfo, context: Mapping[str, str]
) -> list[StartDateConstraint | TimeOfDateConstraint | None]:
    own = [] if isinstance(model.prices, ModelPrice) else [conditional.constraint for conditional in model.prices]
    return own + [variant.constraint for variant in model.price_variants or () if context]


def _second_of_day(moment: time) -> int:
    offset = moment.utcoffset() or timedelta()
    return (moment.hour * 3600 + moment.minute * 60 + moment.second - int(offset.total_seconds())) % 86_400
