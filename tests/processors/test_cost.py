import random
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import duckdb
import genai_prices
import pyarrow as pa
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, TimeOfDateConstraint

from otel_cert.processors.cost import FACTORY, Cost
from otel_cert.processors.listed_prices import PROVIDER_IDS
from otel_cert.schema import COSTS, GENAI_CALLS
from tests.processors.rows import START_NS

MODELS = [(provider.id, model) for provider in providers for model in provider.models]
TOKENS = (0, 1, 1_000, 128_000, 128_001, 200_000, 200_001, 272_001, 1_500_000)


def call(number: int = 1, **fields: Any) -> dict[str, Any]:
    known = {"operation": "chat", "tokens_source": "reported", "start_unix_ns": START_NS}
    return known | {"trace_id": f"{number:032x}", "span_id": f"{number:016x}"} | fields


def costs(*calls: dict[str, Any]) -> list[dict[str, Any]]:
    return costs_by(FACTORY.create(FACTORY.config()), *calls)


def costs_by(processor: Cost, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    con = duckdb.connect()
    con.register("genai_calls", pa.Table.from_pylist(list(calls), GENAI_CALLS.arrow))
    rows = processor.evaluate(con)["costs"]
    assert rows.schema == COSTS.arrow
    by_span = {row["span_id"]: row for row in rows.to_pylist()}
    assert len(by_span) == rows.num_rows == len(calls)
    return [by_span[c["span_id"]] for c in calls]


def mini(**tokens: Any) -> dict[str, Any]:
    known = {"provider": "openai", "request_model": "gpt-4o-mini", "response_model": "gpt-4o-mini-2024-07-18"}
    return costs(call(**known | {"input_tokens_total": 1480, "output_tokens_total": 9} | tokens))[0]


def priced_per_token(model: ModelInfo, moment: datetime) -> bool:
    price = model.get_prices(moment)
    return any(p is not None for p in (price.input_mtok, price.output_mtok, price.requests_kcount))


def mix(rng: random.Random, provider: str, model: ModelInfo, number: int) -> tuple[dict[str, Any], Decimal | None]:
    """Return a call of random size, time and tier, and what genai-prices says of it; None when that is nothing per token."""
    total, output = rng.choice(TOKENS), rng.randint(0, 5_000)
    read, write, audio, image, _ = parts(rng, total)
    reasoning, spoken, painted, _ = parts(rng, output, 4)
    hour = rng.randint(0, write)
    tier = rng.choice((None, None, None, "default", "batch", "flex", "priority"))
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randint(0, 3 * 366 * 86_400))
    usage = genai_prices.Usage(
        input_tokens=total, cache_read_tokens=read, cache_write_tokens=write, cache_write_1h_tokens=hour,
        input_audio_tokens=audio, input_image_tokens=image, cache_audio_read_tokens=0, cache_image_read_tokens=0,
        output_tokens=output, output_reasoning_tokens=reasoning, output_audio_tokens=spoken, output_image_tokens=painted,
    )  # fmt: skip
    row = call(
        number, provider=provider, response_model=model.id, start_unix_ns=int(moment.timestamp()) * 10**9,
        input_tokens_total=total, cache_read_tokens=read, cache_write_tokens=write, cache_write_1h_tokens=hour,
        input_audio_tokens=audio, input_image_tokens=image, output_tokens_total=output, reasoning_tokens=reasoning,
        output_audio_tokens=spoken, output_image_tokens=painted, service_tier=tier,
    )  # fmt: skip
    context = {"service_tier": tier, **({"processing": "batch"} if tier == "batch" else {})} if tier else None
    try:
        said = genai_prices.calc_price(
            usage, model.id, provider_id=provider, genai_request_timestamp=moment, price_context=context
        )
    except LookupError:
        return row, None
    return row, said.total_price if priced_per_token(said.model, moment) else None


def parts(rng: random.Random, total: int, n: int = 5) -> list[int]:
    """Return `n` random numbers whose sum is `total`; half of them are 0."""
    cuts = sorted(rng.choice((0, rng.randint(0, total))) for _ in range(n - 1))
    return [end - start for start, end in pairwise([0, *cuts, total])]


def without_output_price(row: dict[str, Any]) -> bool:
    """Return whether there was output that the list has no price for: it takes that as free, we as unknown."""
    moment = datetime.fromtimestamp(row["start_unix_ns"] / 1e9, UTC)
    found = genai_prices.calc_price(
        genai_prices.Usage(), row["response_model"], provider_id=row["provider"], genai_request_timestamp=moment
    )
    return bool(row["output_tokens_total"]) and found.model_price.output_mtok is None


def test_equals_genai_prices_on_every_model_it_knows_but_for_output_without_a_price() -> None:
    rng = random.Random(20261121)
    mixes = [mix(rng, *MODELS[n % len(MODELS)], number=n) for n in range(2 * len(MODELS))]
    ours = set()
    for row, (sent, said) in zip(costs(*(row for row, _ in mixes)), mixes, strict=True):
        if row["price_source"] == "builtin":
            ours.add(sent["response_model"])
        elif said is None or without_output_price(sent):
            assert (row["total_cost"], row["currency"], row["reason"]) == (None, None, "no_price"), sent
        else:
            assert abs(row["total_cost"] - said) < Decimal("1e-9"), sent
            assert (row["reason"], row["currency"], row["price_source"]) == (None, "USD", "genai-prices")
    assert ours <= {"gpt-3.5-turbo", "gpt-4o", "o1-mini"}, "the builtin list has history only"


def test_price_that_depends_on_the_time_of_day() -> None:
    rng = random.Random(1)
    timed = [(p, m) for p, m in MODELS if not isinstance(m.prices, ModelPrice)
             and any(isinstance(c.constraint, TimeOfDateConstraint) for c in m.prices)]  # fmt: skip
    mixes = [mix(rng, *timed[n % len(timed)], number=n) for n in range(500)]
    for row, (sent, said) in zip(costs(*(row for row, _ in mixes)), mixes, strict=True):
        assert row["total_cost"] == pytest.approx(said, abs=Decimal("1e-9")), sent


def test_parts_and_identity_of_a_price() -> None:
    row = mini(cache_read_tokens=1280, cache_write_tokens=0)
    parts = [row[f"{part}_cost"] for part in ("input", "cache_read", "cache_write", "output")]
    assert parts == [Decimal("0.00003"), Decimal("0.000096"), 0, Decimal("0.0000054")]
    assert (row["total_cost"], row["price_id"]) == (Decimal("0.0001314"), "openai/gpt-4o-mini")
    assert row["price_version"] == genai_prices.__version__


def test_unknown_cache_split_is_priced_as_uncached() -> None:
    row = mini()
    assert (row["cache_read_cost"], row["cache_write_cost"]) == (None, None)
    assert row["total_cost"] == row["input_cost"] + row["output_cost"] == Decimal("0.0002274")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"output_tokens_total": None}, "no_tokens"),
        ({"input_tokens_total": None}, "no_tokens"),
        ({"input_tokens_total": None, "output_tokens_total": None, "error_type": "429"}, "no_tokens"),
        ({"cache_read_tokens": 2000}, "no_tokens"),
        ({"request_model": None, "response_model": None}, "no_model"),
        ({"request_model": "my-model", "response_model": None}, "no_price"),
        ({"provider": "my-proxy"}, "no_price"),
    ],
)
def test_unknown_cost_is_null_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    row = mini(**fields)
    assert row["reason"] == reason
    known = {"price_id", "price_source", "price_version"} if reason == "no_tokens" else set()
    assert {name for name in COSTS.names if row[name] is not None} == known | {
        "trace_id", "span_id", "reason", "call", "attribution",
    }  # fmt: skip


def test_estimated_tokens_are_priced_and_marked() -> None:
    row = mini(tokens_source="estimated")
    assert (row["total_cost"], row["reason"]) == (Decimal("0.0002274"), "estimated_tokens")


def test_output_without_a_price_is_not_free() -> None:
    embedder = {"provider": "openai", "request_model": "text-embedding-3-small", "response_model": None}
    row = mini(**embedder, output_tokens_total=9)
    assert (row["total_cost"], row["currency"], row["reason"]) == (None, None, "no_price")
    row = mini(**embedder, output_tokens_total=0)
    assert (row["total_cost"], row["output_cost"], row["reason"]) == (Decimal("0.0000296"), 0, None)


def test_embeddings_need_no_output() -> None:
    row = mini(
        operation="embeddings", request_model="text-embedding-3-small", response_model=None, output_tokens_total=None
    )
    assert (row["total_cost"], row["output_cost"]) == (Decimal("0.0000296"), 0)


def test_request_model_is_used_where_the_response_model_has_no_price() -> None:
    assert mini(response_model="gw-7")["price_id"] == "openai/gpt-4o-mini"
    assert mini(request_model="prod-chat-a", response_model="gpt-4.1-2025-04-14")["price_id"] == "openai/gpt-4.1"


@pytest.mark.parametrize(
    ("provider", "model", "seller"),
    [
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws"),
        ("azure.ai.openai", "gpt-4o-mini", "azure"),
        ("gcp.vertex_ai", "gemini-2.5-pro", "google"),
        ("gcp.gemini", "gemini-2.5-flash", "google"),
        ("mistral_ai", "mistral-large-latest", "mistral"),
        ("x_ai", "grok-4", "x-ai"),
        ("anthropic", "claude-sonnet-4-5-20250929", "anthropic"),
        (None, "gpt-4o-mini", "openai"),
    ],
)
def test_provider_names_of_the_conventions_are_known(provider: str | None, model: str, seller: str) -> None:
    assert mini(provider=provider, request_model=model, response_model=model)["price_id"].startswith(f"{seller}/")


def test_provider_names_lead_to_providers_of_the_list() -> None:
    assert set(PROVIDER_IDS.values()) <= {provider.id for provider in providers}


def test_absurd_counts_are_no_error() -> None:
    most = 2**63 - 1
    assert mini(input_tokens_total=most, cache_read_tokens=most, cache_write_tokens=most)["reason"] == "no_tokens"
    assert mini(input_tokens_total=most, output_tokens_total=most)["total_cost"] > 10**12


def test_the_network_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert mini()["reason"] is None


def test_prices_set_by_another_library_are_not_used() -> None:
    genai_prices.data_snapshot.set_custom_snapshot(genai_prices.data_snapshot.DataSnapshot([], from_auto_update=True))
    try:
        assert mini()["reason"] is None
    finally:
        genai_prices.data_snapshot.set_custom_snapshot(None)


def test_no_calls_give_no_costs() -> None:
    con = duckdb.connect()
    con.register("genai_calls", GENAI_CALLS.empty())
    assert Cost().evaluate(con)["costs"] == COSTS.empty()
