"""Price books: the user's prices before ours and genai-prices', by time, tier, time of day, length and hardware."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from otel_cert.errors import Permanent
from otel_cert.processors import price_book
from otel_cert.processors.cost import FACTORY, CostSettings
from otel_cert.processors.listed_prices import GenaiPrices
from otel_cert.processors.price import Price
from otel_cert.processors.price_lists import PriceLists, names
from tests.processors.test_cost import call, costs_by

KNOWN = {"provider": "openai", "request_model": "gpt-4o-mini", "response_model": "gpt-4o-mini-2024-07-18"}
TOKENS = {"input_tokens_total": 1_000_000, "output_tokens_total": 100_000}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def price_at(time: str, provider: str, model: str) -> Price:
    [held] = [price for price in PriceLists().prices(provider, model) if price.holds(at(time), 1_000)]
    return held


@pytest.fixture
def priced(tmp_path: Path):
    """Return a function from a book's text and calls to the rows of `costs`."""

    def price(book: str, *calls: dict[str, Any]) -> list[dict[str, Any]]:
        file = tmp_path / "book.yaml"
        file.write_text(dedent(book))
        return costs_by(FACTORY.create(CostSettings(price_book=file)), *calls)

    return price


def test_the_users_price_comes_first_for_the_model_that_answered_or_was_asked_for(priced) -> None:
    book = """
        currency: EUR
        version: spring
        prices:
          - {model: "gpt-4o-mini*", provider: openai, input: 0.10, output: 0.30}
          - {model: prod-chat, input: 1, output: 2}
    """
    rows = priced(
        book,
        call(1, **KNOWN, **TOKENS),
        call(2, **KNOWN | {"request_model": "prod-chat"}, **TOKENS),
        call(3, provider="openai", request_model="prod-chat", response_model="gpt-4.1", **TOKENS),
        call(4, provider="openai", request_model="gpt-4.1", **TOKENS),
    )
    assert [(r["currency"], r["total_cost"], r["price_id"], r["price_source"]) for r in rows] == [
        ("EUR", Decimal("0.13"), "openai/gpt-4o-mini*", "user"),
        ("EUR", Decimal("0.13"), "openai/gpt-4o-mini*", "user"),
        ("EUR", Decimal("1.2"), "prod-chat", "user"),
        ("USD", Decimal("2.8"), "openai/gpt-4.1", "genai-prices"),
    ]
    assert {r["price_version"] for r in rows[:3]} == {"spring"}


def test_an_entry_holds_from_its_first_day_up_to_the_day_it_ends(priced) -> None:
    book = """
        prices:
          - {model: gpt-4o-mini, from: 2026-03-01, until: 2026-03-03, input: 7, output: 0}
    """
    times = ("2026-02-28T23:59:59", "2026-03-01T00:00:00", "2026-03-02T23:59:59", "2026-03-03T00:00:00")
    calls = [call(n, **KNOWN, **TOKENS, start_unix_ns=at(time)) for n, time in enumerate(times)]
    assert [(r["price_source"], r["total_cost"]) for r in priced(book, *calls)] == [
        ("genai-prices", Decimal("0.21")), ("user", 7), ("user", 7), ("genai-prices", Decimal("0.21")),
    ]  # fmt: skip


def test_variants_replace_what_they_name(priced) -> None:
    book = """
        prices:
          - model: m
            input: 10
            output: 20
            cache_read: 1
            above: [{tokens: 2000000, input: 30}]
            tiers: {batch: {input: 5, output: 10}}
            time_of_day: [{start: "22:30", end: "06:00", input: 2}]
    """

    def m(number: int, **fields: Any) -> dict[str, Any]:
        return call(number, **{"request_model": "m", "start_unix_ns": at("2026-03-01T12:00:00")} | TOKENS | fields)

    rows = priced(
        book,
        m(1),
        m(2, input_tokens_total=2_000_000),
        m(3, input_tokens_total=2_000_001, cache_read_tokens=2_000_000),
        m(4, service_tier="Batch"),
        m(5, service_tier="default"),
        m(6, service_tier="flex"),
        m(7, start_unix_ns=at("2026-03-01T22:30:00")),
        m(8, start_unix_ns=at("2026-03-01T05:59:59")),
        m(9, start_unix_ns=at("2026-03-01T06:00:00")),
    )
    input_and_read = [(r["input_cost"], r["cache_read_cost"]) for r in rows]
    assert input_and_read == [
        (10, None), (20, None), (Decimal("0.00003"), 2), (5, None), (10, None), (10, None), (2, None), (2, None), (10, None),
    ]  # fmt: skip
    assert [r["price_variant"] for r in rows] == [None] * 3 + ["service_tier=batch"] + [None] * 5


def test_own_hardware_is_paid_by_the_time_that_a_call_takes(priced) -> None:
    book = """
        prices:
          - {model: llama, gpu_hour: 3.60, gpus: 4, concurrency: 8}
    """
    done, unknown = priced(
        book,
        call(1, request_model="llama", duration_ns=2_000_000_000),
        call(2, request_model="llama", duration_ns=None, **TOKENS),
    )
    assert (done["total_cost"], done["time_cost"], done["reason"]) == (Decimal("0.001"), Decimal("0.001"), None)
    assert (unknown["total_cost"], unknown["reason"]) == (None, "no_price")


def test_a_model_that_is_said_to_have_no_price_has_none_whatever_another_list_says(priced) -> None:
    [row] = priced("prices: [{model: gpt-4o-mini*, unpriced: true}]", call(1, **KNOWN, **TOKENS))
    assert (row["total_cost"], row["currency"], row["reason"]) == (None, None, "no_price")
    assert (row["price_source"], row["price_id"]) == ("user", "gpt-4o-mini*")


def test_amounts_are_read_as_written(priced) -> None:
    [row] = priced("prices: [{model: m, input: 0.1, output: 0}]", call(1, request_model="m", **TOKENS))
    assert row["total_cost"] == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prices: [{model: m}]", r"prices\[0\]: give input, output, request or gpu_hour"),
        ("prices: [{model: m, input: -1}]", r"prices\[0\].input: .*greater than or equal to 0"),
        ("prices: [{model: m, input: 1, from: 2026-02-01, until: 2026-02-01}]", "`until` is not after `from`"),
        ("prices: [{model: m, inptu: 1}]", r"prices\[0\].inptu: Extra inputs"),
        ("currency: euro\nprices: []", "currency: .*pattern"),
        ("prices: [{model: m, input: .nan}]", r"prices\[0\].input"),
        ("- 1", "the file: "),
        ("{", "no YAML"),
        ("\xff\xfe", "no YAML|the file"),
    ],
)
def test_what_is_wrong_in_a_book_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "b.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(Permanent, match=says):
        price_book.user(file)


def test_a_book_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"none\.yaml: cannot be read: No such file"):
        PriceLists(book=tmp_path / "none.yaml")


def test_our_own_prices_fill_gaps_or_are_history() -> None:
    """An entry without an end is one that genai-prices knows nothing of: else it would hide a newer price."""
    listed = GenaiPrices()
    entries = price_book.builtin().entries
    assert len(entries) > 20
    for _, entry in entries:
        patterns = (entry.model,) if isinstance(entry.model, str) else entry.model
        for pattern in patterns:
            known = listed.prices(entry.provider, pattern.rstrip("*"), None)
            assert bool(known) == (entry.until is not None), pattern
        assert entry.source.startswith("https://")


@pytest.mark.parametrize(
    ("provider", "model", "when", "input_mtok", "output_mtok", "source"),
    [
        ("aws.bedrock", "meta.llama2-13b-chat-v1", "2024-06-01", "0.75", "1", "builtin"),
        ("aws.bedrock", "us.meta.llama2-70b-chat-v1:0", "2024-06-01", "1.95", "2.56", "builtin"),
        ("aws.bedrock", "cohere.command-text-v14", "2026-01-01", "1.5", "2", "builtin"),
        ("aws.bedrock", "cohere.command-r-plus-v1:0", "2026-01-01", "3", "15", "builtin"),
        ("aws.bedrock", "amazon.titan-text-express-v1", "2026-01-01", "0.2", "0.6", "genai-prices"),
        ("aws.bedrock", "amazon.titan-text-premier-v1:0", "2026-01-01", "0.5", "1.5", "builtin"),
        ("aws.bedrock", "titan-embed-text-v2:0", "2026-01-01", "0.02", None, "genai-prices"),
        ("aws.bedrock", "llama2-13b-chat-v1", "2026-01-01", "0.75", "1", "builtin"),
        ("anthropic", "claude-3", "2026-01-01", "3", "15", "builtin"),
        ("openai", "gpt-3.5-turbo", "2023-05-01", "2", "2", "builtin"),
        ("openai", "gpt-3.5-turbo", "2023-11-30", "1.5", "2", "builtin"),
        ("openai", "gpt-3.5-turbo", "2024-01-31", "1", "2", "builtin"),
        ("openai", "gpt-3.5-turbo", "2026-01-01", "0.5", "1.5", "genai-prices"),
        ("openai", "gpt-4", "2023-05-01", "30", "60", "genai-prices"),
        ("openai", "gpt-4o", "2024-06-01", "5", "15", "builtin"),
        ("openai", "gpt-4o-2031-01-31", "2026-01-01", "2.5", "10", "genai-prices"),
        ("openai", "azure/gpt-4o-mini", "2026-01-01", "0.15", "0.6", "genai-prices"),
        (
            "aws.bedrock",
            "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.cohere.command-r-v1:0",
            "2026-01-01",
            "0.5",
            "1.5",
            "builtin",
        ),
    ],
)
def test_names_that_other_tools_price_wrongly(
    provider: str, model: str, when: str, input_mtok: str, output_mtok: str | None, source: str
) -> None:
    price = price_at(when, provider, model)
    assert price.rates.input * 10**6 == Decimal(input_mtok)
    assert price.rates.output == (None if output_mtok is None else Decimal(output_mtok) / 10**6)
    assert price.source == source


def test_a_fine_tuned_model_never_costs_what_its_base_costs() -> None:
    price = price_at("2026-01-01", "openai", "ft:gpt-4o-mini-2024-07-18:acme::abc")
    assert price.id == "openai/ft:gpt-4o-mini"


def test_names_are_tried_from_the_most_exact_on() -> None:
    assert names("us.anthropic.claude-x-20250101-v1:0") == [
        "us.anthropic.claude-x-20250101-v1:0", "anthropic.claude-x-20250101-v1:0", "us.anthropic.claude-x-v1:0",
        "anthropic.claude-x-v1:0",
    ]  # fmt: skip
    assert names("plain") == ["plain"]
