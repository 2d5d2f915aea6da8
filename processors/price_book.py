"""Price books: our own prices where genai-prices has none, and the user's, in YAML.

currency: EUR
prices:
  - model: acme-chat-*
    input: 0.40        # per million tokens
    output: 1.20
    until: 2026-07-01  # the day from which it no longer holds
    tiers: {batch: {input: 0.20, output: 0.60}}
  - model: my-llama
    gpu_hour: 2.50     # per GPU and hour that a call takes
    gpus: 2
    concurrency: 8     # calls that are served at once
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from otel_cert.component import Settings
from otel_cert.errors import Permanent

from .price import ANY_TOKENS, EVER, WHOLE_DAY, Bounds, Price, Rates, first_that_hold

_MILLION = Decimal(10) ** 6


def _exact(value: Any) -> Any:
    """Take YAML's 0.1 as written, not as the binary fraction next to it."""
    return repr(value) if isinstance(value, float) else value


def _text(value: Any) -> Any:
    """Take a version that YAML reads as a date or a number as text."""
    return str(value) if isinstance(value, date | int | float) else value


Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, allow_inf_nan=False, max_digits=30, decimal_places=12)]


class Amounts(Settings):
    """Prices per million tokens, of a request, or of hardware by the hour; what is left out has no price of its own."""

    input: Amount | None = None
    """Input tokens."""
    cache_read: Amount | None = None
    """Input tokens read from a cache; else as `input`."""
    cache_write: Amount | None = None
    """Input tokens written to a cache; else as `input`."""
    cache_write_1h: Amount | None = None
    """Of these, kept for an hour; else as `cache_write`."""
    input_audio: Amount | None = None
    """Input tokens of audio; else as `input`."""
    input_image: Amount | None = None
    """Input tokens of images; else as `input`."""
    output: Amount | None = None
    """Output tokens."""
    reasoning: Amount | None = None
    """Output tokens of reasoning; else as `output`."""
    output_audio: Amount | None = None
    """Output tokens of audio; else as `output`."""
    output_image: Amount | None = None
    """Output tokens of images; else as `output`."""
    request: Amount | None = None
    """A request, whatever its tokens."""


class Above(Amounts):
    """What replaces prices in calls with more input tokens than a number, cached ones included."""

    tokens: Annotated[int, Field(ge=0)]
    """The number."""


class Variant(Amounts):
    """Prices that replace those of an entry, for a service tier or a time of day."""

    above: tuple[Above, ...] = ()
    """Prices of longer calls."""


class TimeOfDay(Variant):
    """Prices that hold between two times of day, UTC; over midnight when the end is the earlier one."""

    start: time
    """From this time on."""
    end: time
    """Up to this time."""


class Entry(Variant):
    """The price of some models from a day on and up to another."""

    model: str | tuple[str, ...]
    """Names as sent, `*` for any characters; capital letters do not matter."""
    provider: str | None = None
    """`gen_ai.provider.name`; of any provider when left out."""
    id: str | None = None
    """Shown as `price_id`; else provider and model."""
    from_: date | None = Field(None, alias="from")
    """First day, UTC."""
    until: date | None = None
    """Day from which it no longer holds, UTC."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    """ISO 4217 code; else that of the book."""
    source: str | None = None
    """Where the price was published, e.g. its URL."""
    note: str | None = None
    """What else there is to know."""
    tiers: Mapping[str, Variant] = Field(default_factory=dict)
    """Service tier, such as batch, flex or priority -> the prices that it has instead."""
    time_of_day: tuple[TimeOfDay, ...] = ()
    """Prices at times of day."""
    gpu_hour: Amount | None = None
    """Own hardware: of one GPU and hour; a call costs the time that it took."""
    gpus: Annotated[int, Field(ge=1)] = 1
    """GPUs that serve the model."""
    concurrency: Annotated[Decimal, BeforeValidator(_exact), Field(ge=1)] = Decimal(1)
    """Calls that they serve at once, on average."""
    unpriced: bool = False
    """Says that there is no price: calls are counted as `no_price`, whatever another list says."""

    @model_validator(mode="after")
    def _complete(self) -> Entry:
        if self.from_ and self.until and self.from_ >= self.until:
            raise ValueError("`until` is not after `from`")
        priced = (self.input, self.output, self.request, self.gpu_hour)
        if self.unpriced == any(price is not None for price in priced):
            raise ValueError("give input, output, request or gpu_hour, or `unpriced: true`, and not both")
        return self

    @property
    def days(self) -> Bounds:
        """From and until, ns since 1970."""
        first, last = (None if day is None else _unix_ns(day) for day in (self.from_, self.until))
        return EVER[0] if first is None else first, EVER[1] if last is None else last

    def matches(self, provider: str | None, model: str) -> bool:
        """Return whether a model of a provider has this price."""
        patterns = (self.model,) if isinstance(self.model, str) else self.model
        return self.provider in (None, provider) and any(fnmatchcase(model.lower(), p.lower()) for p in patterns)


class Book(BaseModel):
    """A price book as it is written; `currency` and `version` hold for all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    prices: tuple[Entry, ...]
    """The prices; the first that fits and holds is taken."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """ISO 4217 code."""
    version: Annotated[str | None, BeforeValidator(_text)] = None
    """Shown as `price_version`; else a digest of the file."""


class PriceBook:
    """The prices of one book, or of several files that are one."""

    def __init__(self, books: Sequence[Book], source: str, version: str) -> None:
        self.source, self.version, self._books = source, version, books

    @cached_property
    def entries(self) -> list[tuple[Book, Entry]]:
        """All entries, with the book that each stands in."""
        return [(book, entry) for book in self._books for entry in book.prices]

    def prices(self, provider: str | None, model: str, tier: str | None) -> list[Price]:
        """Return the prices of a model; the first entry that holds at a time counts."""
        fitting = [(book, entry) for book, entry in self.entries if entry.matches(provider, model)]
        return first_that_hold(self._prices(book, entry, model, tier) for book, entry in fitting)

    def prices_of(self, book: Book, entry: Entry, tier: str | None = None) -> list[Price]:
        """Return the prices of one entry."""
        patterns = (entry.model,) if isinstance(entry.model, str) else entry.model
        return [price for pattern in patterns for price in self._prices(book, entry, pattern, tier)]

    def _prices(self, book: Book, entry: Entry, model: str, tier: str | None) -> Iterator[Price]:
        name = entry.model if isinstance(entry.model, str) else model
        tiered = entry.tiers.get(tier) if tier else None
        found = Price(
            entry.id or "/".join(filter(None, (entry.provider, name))),
            self.source,
            self.version,
            Rates(),
            entry.currency or book.currency,
            entry.days,
            variant=f"service_tier={tier}" if tiered else None,
            reference=entry.source,
            note=entry.note,
        )
        own = _over(entry, tiered) if tiered else entry
        for ns_of_day, then in _times(entry.time_of_day):
            at = own if then is None else _over(own, then)
            longer = sorted(at.above, key=lambda above: above.tokens)
            for tokens, above in zip(
                pairwise([ANY_TOKENS[0], *(a.tokens for a in longer), ANY_TOKENS[1]]), (None, *longer), strict=True
            ):
                rates = _rates(entry, at if above is None else _over(at, above))
                yield replace(found, ns_of_day=ns_of_day, tokens=tokens, rates=rates)


def builtin() -> PriceBook:
    """Return our own book: what genai-prices leaves out."""
    folder = resources.files(__package__) / "data" / "prices"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    books = [_parse(file.read_bytes()) for file in files if file.name.endswith(".yaml")]
    return PriceBook(books, "builtin", max(book.version or "" for book in books))


def user(file: Path) -> PriceBook:
    """Return the book in a file; raises Permanent naming what is wrong in it."""
    try:
        book, content = _read(file)
    except ValueError as error:
        raise Permanent(f"price book {error}", hint="see docs/prices.md") from error
    return PriceBook([book], "user", book.version or hashlib.sha256(content).hexdigest()[:12])


def check(file: Path) -> None:
    """Raise ValueError naming what is wrong in a book."""
    _read(file)


def _read(file: Path) -> tuple[Book, bytes]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return _parse(content), content
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _parse(content: bytes) -> Book:
    try:
        return Book.model_validate(yaml.safe_load(content))
    except ValidationError as error:
        problems = "; ".join(f"{_dotted(p['loc'])}: {p['msg'].removeprefix('Value error, ')}" for p in error.errors())
        raise ValueError(problems) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"no YAML: {error}") from error


def _dotted(path: Sequence[str | int]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".") or "the file"


def _over(base: Variant, variant: Amounts) -> Variant:
    """Return prices with those replaced that a variant names; a variant of its own has its own long calls."""
    given = {name: amount for name in Amounts.model_fields if (amount := getattr(variant, name)) is not None}
    above = variant.above if isinstance(variant, Variant) else base.above
    return Variant.model_construct(**{name: getattr(base, name) for name in Amounts.model_fields} | given, above=above)


def _rates(entry: Entry, amounts: Amounts) -> Rates:
    per_token = {name: getattr(amounts, name) for name in Amounts.model_fields if name != "request"}
    hour = None if entry.gpu_hour is None else entry.gpu_hour * entry.gpus / entry.concurrency
    return Rates(
        **{name: None if amount is None else amount / _MILLION for name, amount in per_token.items()},
        request=amounts.request,
        second=None if hour is None else hour / 3600,
    )


def _times(variants: Sequence[TimeOfDay]) -> Iterator[tuple[Bounds, TimeOfDay | None]]:
    """Yield ((from, until) ns of the UTC day, the first variant that holds then) for each part of a day."""
    edges = {edge for variant in variants for edge in (_ns_of_day(variant.start), _ns_of_day(variant.end))}
    for part in pairwise(sorted({*WHOLE_DAY, *edges})):
        yield part, next((variant for variant in variants if _within(part[0], variant)), None)


def _within(ns_of_day: int, variant: TimeOfDay) -> bool:
    start, end = _ns_of_day(variant.start), _ns_of_day(variant.end)
    return start <= ns_of_day < end if start < end else ns_of_day >= start or ns_of_day < end


def _ns_of_day(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000_000


def _unix_ns(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000
