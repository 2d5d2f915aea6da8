"""The `cost` processor: what each model call cost, by the prices of the installed genai-prices package, in USD.

The list says what a token costs from a day on, between two times of day, above a number of input tokens. Each
distinct (provider, models) of the calls is looked up once and becomes a few rows of the relation `prices`, each valid
in a box of (time, time of day, input tokens); `cost.sql` joins them to the calls. Nothing is fetched: the list is the
package's.

Of 1,480 input tokens, 1,280 of them read from the cache, 200 cost the input price and 1,280 the price of cache reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib import metadata, resources
from itertools import pairwise

import duckdb
import pyarrow as pa
from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.schema import BIGINT, COSTS, MONEY, TEXT

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

PRICES = pa.schema(
    [
        *((name, TEXT) for name in ("provider", "response_model", "request_model")),
        *((name, TEXT) for name in ("price_id", "price_source", "price_version", "currency")),
        *((name, BIGINT) for name in ("from_unix_ns", "until_unix_ns", "from_ns_of_day", "until_ns_of_day")),
        *((name, BIGINT) for name in ("above_tokens", "up_to_tokens")),
        *((f"{name}_rate", MONEY) for name in ("input", "cache_read", "cache_write", "output")),
        ("request_fee", MONEY),
    ]
)
"""The relation `prices` that `cost.sql` reads: what one token, and one request, costs within the bounds."""
_EVER = (-(2**63), 2**63 - 1)
_DAY_NS = 86_400_000_000_000
_EXACT = Decimal(1).scaleb(-18)


class CostSettings(Settings):
    """Nothing to set yet."""


def newest_price() -> date:
    """Return the day from which the newest price of the installed list is valid, as far as it says."""
    prices = (model.prices for provider in providers for model in provider.models)
    conditions = (variant.constraint for given in prices if isinstance(given, list) for variant in given)
    return max(c.start_date for c in conditions if isinstance(c, StartDateConstraint))


class Cost:
    """Prices calls; keeps what it looked up, since the list does not change while the process runs."""

    def __init__(self) -> None:
        # A snapshot of our own: another library may have pointed the shared one at downloaded prices.
        self._list = DataSnapshot(providers=providers, from_auto_update=False)
        self._version = metadata.version("genai-prices")
        self._known: dict[tuple[str | None, str | None, str | None], list[dict[str, object]]] = {}

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of `costs`; see `component.Processor`."""
        keys = con.sql("SELECT DISTINCT provider, response_model, request_model FROM genai_calls").fetchall()
        con.register("prices", pa.Table.from_pylist([row for key in keys for row in self._rows(key)], PRICES))
        try:
            costs = con.sql(_sql()).to_arrow_table()
        finally:
            con.unregister("prices")
        return {COSTS.name: costs.select(COSTS.names).cast(COSTS.arrow)}

    def _rows(self, key: tuple[str | None, str | None, str | None]) -> list[dict[str, object]]:
        """Return the price rows of one (provider, response model, request model); none when there is no price."""
        if key not in self._known:
            provider, *models = key
            found = next(filter(None, (self._find(provider, model) for model in models if model)), None)
            self._known[key] = [self._row(key, found[0], price) for price in _boxes(found[1])] if found else []
        return self._known[key]

    def _find(self, provider: str | None, model: str) -> tuple[str, ModelInfo] | None:
        provider_id = PROVIDER_IDS.get(provider, provider) if provider else None
        try:
            seller, info = self._list.find_provider_model(model, None, provider_id, None)
        except LookupError:
            return None
        return f"{seller.id}/{info.id}", info

    def _row(self, key: tuple[str | None, ...], price_id: str, box: _Box) -> dict[str, object]:
        identity = dict(zip(("provider", "response_model", "request_model"), key, strict=True))
        source = {"price_source": "genai-prices", "price_version": self._version, "currency": "USD"}
        return {**identity, **source, "price_id": price_id, **box.columns()}


@dataclass(frozen=True, slots=True)
class _Box:
    """The price of one model within bounds: times and times of day in ns, lower bound in; tokens, lower bound out."""

    unix_ns: tuple[int, int]
    ns_of_day: tuple[int, int]
    tokens: tuple[int, int]
    price: ModelPrice

    def columns(self) -> dict[str, object]:
        """Return the price per token, in USD, and its bounds."""
        tokens = self.tokens[1]
        uncached = _rate(self.price.input_mtok, tokens)
        return {
            "from_unix_ns": self.unix_ns[0],
            "until_unix_ns": self.unix_ns[1],
            "from_ns_of_day": self.ns_of_day[0],
            "until_ns_of_day": self.ns_of_day[1],
            "above_tokens": self.tokens[0],
            "up_to_tokens": tokens,
            "input_rate": _first(uncached),
            # Cached input without a price of its own costs what other input costs.
            "cache_read_rate": _first(_rate(self.price.cache_read_mtok, tokens), uncached),
            "cache_write_rate": _first(_rate(self.price.cache_write_mtok, tokens), uncached),
            "output_rate": _rate(self.price.output_mtok, tokens),  # None: no price, which is not the price 0
            "request_fee": _first(_rate(self.price.requests_kcount, tokens, per=3)),
        }


def _boxes(model: ModelInfo) -> Iterator[_Box]:
    """Yield the prices of a model; none when it has no price per token or request (audio by the hour, pages ...)."""
    for unix_ns, day in _days(model):
        for ns_of_day, time_of_day in _times(model):
            price = model.get_prices(datetime.combine(day, time_of_day, UTC))
            rates = [price.input_mtok, price.output_mtok, price.requests_kcount]
            if any(rate is not None for rate in rates):
                tiered = [*rates, price.cache_read_mtok, price.cache_write_mtok]
                starts = {tier.start for rate in tiered if isinstance(rate, TieredPrices) for tier in rate.tiers}
                for tokens in pairwise([-1, *sorted(starts), _EVER[1]]):
                    yield _Box(unix_ns, ns_of_day, tokens, price)


def _days(model: ModelInfo) -> Iterator[tuple[tuple[int, int], date]]:
    """Yield ((from, until) ns, a day between) for each period between the days on which prices start."""
    starts = sorted({c.start_date for c in _constraints(model) if isinstance(c, StartDateConstraint)})
    days = [starts[0] - timedelta(days=1), *starts] if starts else [date(1970, 1, 1)]
    bounds = [_EVER[0], *((day - date(1970, 1, 1)).days * _DAY_NS for day in starts), _EVER[1]]
    yield from zip(pairwise(bounds), days, strict=True)


def _times(model: ModelInfo) -> Iterator[tuple[tuple[int, int], time]]:
    """Yield ((from, until) ns of the UTC day, a time between) for each period between daily changes of price."""
    limits = [c for c in _constraints(model) if isinstance(c, TimeOfDateConstraint)]
    seconds = {0, *(_second_of_day(t) for c in limits for t in (c.start_time, c.end_time))}
    for start, end in pairwise([*sorted(seconds), 86_400]):
        yield (start * 1_000_000_000, end * 1_000_000_000), (datetime.min + timedelta(seconds=start)).time()


def _constraints(model: ModelInfo) -> list[StartDateConstraint | TimeOfDateConstraint | None]:
    return [] if isinstance(model.prices, ModelPrice) else [conditional.constraint for conditional in model.prices]


def _second_of_day(moment: time) -> int:
    offset = moment.utcoffset() or timedelta()
    return (moment.hour * 3600 + moment.minute * 60 + moment.second - int(offset.total_seconds())) % 86_400


def _rate(price: Decimal | TieredPrices | None, tokens: int, *, per: int = 6) -> Decimal | None:
    """Return the price of one unit, listed per 10**`per`, in a call of `tokens` input tokens (highest tier passed)."""
    if isinstance(price, TieredPrices):
        price = next((tier.price for tier in reversed(price.tiers) if tokens > tier.start), price.base)
    return None if price is None else price.scaleb(-per).quantize(_EXACT)


def _first(*rates: Decimal | None) -> Decimal:
    return next((rate for rate in rates if rate is not None), Decimal(0))


@cache
def _sql() -> str:
    return (resources.files(__package__) / "cost.sql").read_text(encoding="utf-8")


FACTORY = Factory(
    type="cost",
    kind=Kind.PROCESSOR,
    config=CostSettings,
    create=lambda _settings: Cost(),
    stability=Stability.BETA,
    doc="Prices model calls with the installed genai-prices list; an unknown price is NULL with a reason.",
    signals=(Signal.ANALYSIS,),
    reads=("genai_calls",),
    writes=(COSTS,),
)
