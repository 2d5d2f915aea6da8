"""The `cost` processor: what each model call cost, by the prices of the user, our own and those of genai-prices.

Each distinct (provider, models, service tier) of the calls is looked up once and becomes a few rows of the relation
`prices`, each valid in a box of (time, time of day, input tokens); `cost.sql` joins them to the calls. Nothing is fetched.

Of 1,480 input tokens, 1,280 of them read from the cache, 200 cost the input price and 1,280 the price of cache reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import field_validator

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.schema import BIGINT, COSTS, MONEY, TEXT

from .price import UNITS

if TYPE_CHECKING:
    import duckdb

    from .price_lists import PriceLists

_KEY = ("provider", "response_model", "request_model", "service_tier")

PRICES = pa.schema(
    [
        *((name, TEXT) for name in _KEY),
        *((name, TEXT) for name in ("price_id", "price_source", "price_version", "price_variant", "currency")),
        *((name, BIGINT) for name in ("from_unix_ns", "until_unix_ns", "from_ns_of_day", "until_ns_of_day")),
        *((name, BIGINT) for name in ("above_tokens", "up_to_tokens")),
        *((f"{unit}_rate", MONEY) for unit in UNITS),
    ]
)
"""The relation `prices` that `cost.sql` reads: what one unit of a call costs within the bounds."""


class CostSettings(Settings):
    """Where prices come from besides the installed genai-prices package."""

    price_book: Path | None = None
    """Your own prices (YAML, see docs/prices.md); they come before all others."""
    price_list: Path | None = None
    """A newer list of genai-prices, from `otel-cert prices update`, instead of the installed one."""

    @field_validator("price_book")
    @classmethod
    def _readable_book(cls, file: Path | None) -> Path | None:
        """Find what is wrong in a book before a service starts that could not price with it."""
        if file is not None:
            from .price_book import check

            check(file)
        return file

    @field_validator("price_list")
    @classmethod
    def _file(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError(f"there is no file {file}; get it with `otel-cert prices update`")
        return file


class Cost:
    """Prices calls."""

    def __init__(self, lists: PriceLists | None = None) -> None:
        from .price_lists import PriceLists  # a process that only checks settings does without the lists

        self.lists = lists or PriceLists()

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of `costs`; see `component.Processor`."""
        con.register("prices", pa.Table.from_pylist(price_rows(con, self.lists), PRICES))
        try:
            costs = con.sql(_sql()).to_arrow_table()
        finally:
            con.unregister("prices")
        return {COSTS.name: costs.select(COSTS.names).cast(COSTS.arrow)}


def price_rows(con: duckdb.DuckDBPyConnection, lists: PriceLists) -> list[dict[str, object]]:
    """Return the rows of `prices` for the calls that `con` shows."""
    keys = con.sql(f"SELECT DISTINCT {', '.join(_KEY)} FROM genai_calls").fetchall()
    return [dict(zip(_KEY, key, strict=True)) | price.columns() for key in keys for price in lists.prices(*key)]


@cache
def _sql() -> str:
    return (resources.files(__package__) / "cost.sql").read_text(encoding="utf-8")


def _create(settings: CostSettings) -> Cost:
    from .price_lists import PriceLists

    return Cost(PriceLists(book=settings.price_book, listed=settings.price_list))


FACTORY = Factory(
    type="cost",
    kind=Kind.PROCESSOR,
    config=CostSettings,
    create=_create,
    stability=Stability.BETA,
    doc="Prices model calls by your price book, our own and genai-prices; an unknown price is NULL with a reason.",
    signals=(Signal.ANALYSIS,),
    reads=("genai_calls",),
    writes=(COSTS,),
)
