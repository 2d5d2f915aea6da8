"""Prices: what the lists say of models, whether they cover what is stored, and fetching a newer list."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from genai_prices.update_prices import DEFAULT_UPDATE_URL
from pydantic import BaseModel, ConfigDict

from otel_cert.errors import Permanent, Retryable
from otel_cert.processors.listed_prices import INSTALLED, newest, parse
from otel_cert.processors.price import EVER, WHOLE_DAY, Price
from otel_cert.processors.price_lists import PriceLists
from otel_cert.store.files import write_bytes

if TYPE_CHECKING:
    import duckdb

URL = DEFAULT_UPDATE_URL
"""Where the authors of genai-prices publish their list."""

TIERS = (None, "batch", "flex", "priority")
"""The service tiers that `shown` asks for."""

_MILLION = 10**6
_FETCH_S = 30.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ListedPrice(BaseModel):
    """A price in one currency, per million tokens where nothing else is said; null = no price of its own."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    price_id: str
    """Provider and model."""
    price_source: str
    """genai-prices, builtin or user."""
    price_version: str
    """Version of the list."""
    currency: str
    """ISO 4217 code."""
    input: Decimal | None
    """Input tokens."""
    cache_read: Decimal | None
    """Input tokens read from the cache."""
    cache_write: Decimal | None
    """Input tokens written to the cache."""
    cache_write_1h: Decimal | None
    """Of these, kept for an hour."""
    output: Decimal | None
    """Output tokens."""
    reasoning: Decimal | None
    """Output tokens of reasoning."""
    input_audio: Decimal | None
    """Input tokens of audio."""
    output_audio: Decimal | None
    """Output tokens of audio."""
    input_image: Decimal | None
    """Input tokens of images."""
    output_image: Decimal | None
    """Output tokens of images."""
    request: Decimal | None
    """One request."""
    hour: Decimal | None
    """An hour that calls take: own hardware."""
    variant: str | None
    """Variant of the price, such as `processing=batch`; null = the standard one."""
    from_time: datetime | None
    """First moment, UTC; null = always."""
    until_time: datetime | None
    """Moment from which it no longer holds, UTC; null = still holds."""
    hours: str | None
    """Times of day at which it holds, UTC; null = all day."""
    above_tokens: int | None
    """Only calls with more input tokens; null = no such bound."""
    reference: str | None
    """Where the price was published."""
    note: str | None
    """What else the list says."""


class Unpriced(BaseModel):
    """Calls of one model that have no price."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    provider: str | None
    """Provider, as recorded."""
    request_model: str | None
    """Model asked for."""
    response_model: str | None
    """Model that answered."""
    calls: int
    """Calls with known tokens and without a price."""


class Coverage(BaseModel):
    """Whether the lists cover the calls that are stored."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    calls: int
    """Calls whose tokens and model are known."""
    unpriced_calls: int
    """Of these, without a price now."""
    unpriced: list[Unpriced]
    """By model, most calls first."""
    newest_price: date
    """Day from which the newest price of genai-prices holds, of those that hold today."""
    stale_calls: int
    """Calls whose stored cost was computed with another version of the lists: `otel-cert reprice` computes it again."""


def listed(lists: PriceLists, pattern: str = "*", *, at_ns: int | None = None) -> Iterator[ListedPrice]:
    """Yield the standard prices, for short calls, that hold at a moment (now), of ids that match a pattern with `*`."""
    at_ns = time.time_ns() if at_ns is None else at_ns
    books = [book for book in (lists.book, lists.builtin) if book]
    prices = [p for book in books for entry in book.entries for p in book.prices_of(*entry)]
    prices += [
        p for seller in lists.listed.providers for m in seller.models for p in lists.listed.prices_of(seller, m, None)
    ]
    wanted = pattern.lower() if "*" in pattern else f"*{pattern.lower()}*"
    yield from (as_listed(p) for p in prices if p.holds(at_ns, 0) and fnmatchcase(p.id.lower(), wanted))


def shown(lists: PriceLists, model: str, provider: str | None = None) -> list[ListedPrice]:
    """Return every price of one model: all times, lengths and tiers; none when no list knows it."""
    found: dict[Price, None] = {}
    for tier in TIERS:
        found |= dict.fromkeys(p for p in lists.prices(provider, model, tier=tier) if tier is None or p.variant)
    return [as_listed(price) for price in found]


def coverage(con: duckdb.DuckDBPyConnection, lists: PriceLists) -> Coverage:
    """Say which stored calls have no price now, and how many were priced with older lists."""
    rows = con.execute(
        "SELECT provider, request_model, response_model, service_tier, input_tokens_total, start_unix_ns, count(*) AS calls "
        "FROM (SELECT * REPLACE (start_unix_ns // 86400000000000 * 86400000000000 AS start_unix_ns,"
        " CASE WHEN input_tokens_total > 0 THEN 1 ELSE 0 END AS input_tokens_total) FROM genai_calls"
        " WHERE tokens_source <> 'missing' AND coalesce(request_model, response_model) IS NOT NULL) GROUP BY ALL"
    ).fetchall()
    missing: dict[tuple[str | None, str | None, str | None], int] = {}
    for provider, asked, answered, tier, tokens, day_ns, calls in rows:
        held = any(p.holds(day_ns, tokens) and p.rates for p in lists.prices(provider, answered, asked, tier))
        if not held:
            missing[provider, asked, answered] = missing.get((provider, asked, answered), 0) + calls
    unpriced = [
        Unpriced(provider=p, request_model=q, response_model=r, calls=n)
        for (p, q, r), n in sorted(missing.items(), key=lambda item: -item[1])
    ]
    return Coverage(
        calls=sum(row[-1] for row in rows),
        unpriced_calls=sum(missing.values()),
        unpriced=unpriced,
        newest_price=newest(lists.listed.providers, upto=datetime.now(UTC).date()),
        stale_calls=_stale(con, lists),
    )


def fetch(url: str = URL) -> bytes:
    """Return a newer list as its authors publish it, checked; raises Retryable or Permanent. The only use of the network."""
    if not url.startswith(("https://", "http://", "file://")):
        raise Permanent(f"{url!r} is no address", hint="write https://, or file:// for a file that was carried here")
    try:
        with urllib.request.urlopen(url, timeout=_FETCH_S) as answer:  # noqa: S310 - the scheme was checked
            content: bytes = answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise Retryable(
            f"{url} cannot be reached: {getattr(error, 'reason', error)}",
            hint="without a network, carry the file here and give --url file:///path, or `pip install -U genai-prices`",
        ) from error
    try:
        parse(content)
    except ValueError as error:
        raise Permanent(f"{url} answered with {error}") from error
    return content


def changes(content: bytes) -> dict[str, int]:
    """Return how many models of a list are new, have other prices, or are gone, compared with the installed package."""
    ours, theirs = (
        {f"{p.id}/{m.id}": (m.prices, m.price_variants) for p in providers for m in p.models}
        for providers in (INSTALLED, parse(content))
    )
    return {
        "new": len(theirs.keys() - ours.keys()),
        "changed": sum(ours[key] != theirs[key] for key in ours.keys() & theirs.keys()),
        "gone": len(ours.keys() - theirs.keys()),
    }


def save(content: bytes, file: Path) -> None:
    """Put a fetched list in its place, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, content)


def as_listed(price: Price) -> ListedPrice:
    """Return a price as people read it."""
    rates = price.rates
    per_million = {n: None if (r := getattr(rates, n)) is None else r * _MILLION for n in _PER_MILLION}
    return ListedPrice(
        price_id=price.id,
        price_source=price.source,
        price_version=price.version,
        currency=price.currency,
        **per_million,
        request=rates.request,
        hour=None if rates.second is None else rates.second * 3600,
        variant=price.variant,
        from_time=_moment(price.unix_ns[0]),
        until_time=_moment(price.unix_ns[1]),
        hours=None if price.ns_of_day == WHOLE_DAY else "-".join(_time_of_day(ns) for ns in price.ns_of_day),
        above_tokens=price.tokens[0] if price.tokens[0] >= 0 else None,
        reference=price.reference,
        note=price.note,
    )


_PER_MILLION: Sequence[str] = (
    "input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning", "input_audio", "output_audio",
    "input_image", "output_image",
)  # fmt: skip


def _stale(con: duckdb.DuckDBPyConnection, lists: PriceLists) -> int:
    current = [prices.version for prices in (lists.book, lists.builtin, lists.listed) if prices]
    [(n,)] = con.execute(
        "SELECT count(*) FROM costs WHERE price_version IS NOT NULL AND NOT list_contains($current, price_version)",
        {"current": current},
    ).fetchall()
    return int(n)


def _moment(unix_ns: int) -> datetime | None:
    return None if unix_ns in EVER else _EPOCH + timedelta(microseconds=unix_ns // 1000)


def _time_of_day(ns: int) -> str:
    minutes = ns // 60_000_000_000
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
