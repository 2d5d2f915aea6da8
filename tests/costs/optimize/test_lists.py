import random
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data import providers

from otel_cert.costs.optimize import Listed, ListedPrices, Rates
from otel_cert.processors.price_lists import PriceLists

PRICES = ListedPrices(PriceLists())
MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)
BATCHED = [
    (provider, model)
    for provider in providers
    for model in provider.models
    if any(v.when == {"processing": "batch"} and v.prices.__dict__ for v in model.price_variants or ())
    and PRICES.listed(f"{provider.id}/{model.id}")  # else it has no price per token
]


def at(listed: Listed, tokens: int) -> Rates:
    """Return the rates that hold at MOMENT for that many input tokens."""
    unix_ns = int(MOMENT.timestamp()) * 10**9
    of_day = unix_ns % (86_400 * 10**9)
    [found] = [
        r
        for r in listed.rates
        if r.from_unix_ns <= unix_ns < r.until_unix_ns
        and r.from_ns_of_day <= of_day < r.until_ns_of_day
        and r.above_tokens < tokens <= r.up_to_tokens
    ]
    return found


def test_batch_prices_equal_those_of_genai_prices():
    rng = random.Random(20261129)
    assert len(BATCHED) > 50
    for provider, model in BATCHED:
        listed = PRICES.listed(f"{provider.id}/{model.id}", processing="batch")
        assert listed is not None
        tokens, output = rng.choice([10, 150_000, 300_000]), rng.randint(0, 5_000)
        said = model.calc_price(
            genai_prices.Usage(input_tokens=tokens, output_tokens=output),
            provider,
            genai_request_timestamp=MOMENT,
            price_context={"processing": "batch"},
        )
        rates = at(listed, tokens)
        ours = tokens * rates.input_rate + output * (rates.output_rate or 0) + rates.request_fee
        assert abs(ours - said.total_price) < Decimal("1e-9"), (provider.id, model.id)


def test_a_batch_is_cheaper_than_the_standard_price():
    standard, batch = PRICES.listed("openai/gpt-4o"), PRICES.listed("openai/gpt-4o", processing="batch")
    assert standard is not None
    assert batch is not None
    assert at(batch, 1000).input_rate * 2 == at(standard, 1000).input_rate
    assert (standard.currency, standard.context_window) == ("USD", 128_000)


@pytest.mark.parametrize("price_id", ["openai/no-such-model", "openai", "", "openai/whisper-1"])
def test_what_has_no_price_per_token_is_not_listed(price_id: str):
    assert PRICES.listed(price_id) is None


def test_a_model_without_a_batch_price_has_none():
    assert PRICES.listed("openai/text-embedding-3-small") is not None
    assert PRICES.listed("openai/gpt-3.5-turbo", processing="no such") is None


def test_models_are_found_by_seller_and_none_that_is_retired():
    ids = PRICES.ids("openai")
    assert "openai/gpt-4o-mini" in ids
    assert all(name.startswith("openai/") for name in ids)
    retired = {f"{p.id}/{m.id}" for p in providers for m in p.models if m.deprecated}
    assert not retired & set(ids)
    assert PRICES.ids("nobody") == []
