from decimal import Decimal

import pytest

from otel_cert.questions import COSTS, ask
from tests.calls import START_NS, call, connect, cost, some

A = {"provider": "openai", "request_model": "a", "service_name": "web"}


def test_unpriced_calls_are_counted_with_their_reason_and_never_as_zero():
    calls = [call(i, **A, input_tokens_total=10, cache_read_tokens=4, output_tokens_total=1) for i in (1, 2)]
    con = connect(
        [*calls, call(3, **A), call(4, **A)], [cost(1, "0.10"), cost(2, "0.30"), cost(3, None, reason="no_tokens")]
    )
    [row] = ask(con, COSTS).dicts()
    assert row == {
        "provider": "openai", "key": "a", "calls": 4, "priced_calls": 2, "estimated_calls": 0, "unpriced_calls": 2,
        "unpriced_reasons": {"no_tokens": 1, "not_processed": 1},
        "input_tokens": 20, "input_known": 2, "cached_tokens": 8, "cached_known": 2, "output_tokens": 2, "output_known": 2,
        "currency": "USD", "cost": Decimal("0.40"), "share": 1.0, "cost_per_call": pytest.approx(0.20),
        "priced_tokens": 22, "priced_tokens_cost": Decimal("0.40"), "bucket_unix_ns": None,
    }  # fmt: skip


def test_a_group_where_nothing_is_known_has_null_sums():
    [row] = ask(connect([call(1, **A)], [cost(1, None, reason="no_price")]), COSTS).dicts()
    assert (row["cost"], row["share"], row["cost_per_call"], row["currency"]) == (None, None, None, None)
    assert (row["input_tokens"], row["input_known"], row["output_tokens"]) == (None, 0, None)


def test_money_is_summed_exactly():
    con = connect([call(i, **A) for i in range(1000)], [cost(i, "0.000000000000000001") for i in range(1000)])
    assert [row["cost"] for row in ask(con, COSTS).dicts()] == [Decimal("0.000000000000001000")]


def test_currencies_are_never_added_and_shares_are_within_a_currency():
    calls = [call(1, **A), call(2, **A), call(3, **A), call(4, provider="x", request_model="b")]
    con = connect(calls, [cost(1, "1"), cost(2, "1", currency="EUR"), cost(3, None, reason="no_price"), cost(4, "3")])
    rows = [(r["key"], r["currency"], r["cost"], r["share"], r["unpriced_calls"]) for r in ask(con, COSTS).dicts()]
    assert sorted(rows, key=str) == [
        ("a", "EUR", Decimal(1), 1.0, 0),
        ("a", "USD", Decimal(1), 0.25, 0),
        ("a", None, None, None, 1),
        ("b", "USD", Decimal(3), 0.75, 0),
    ]


def test_an_estimated_cost_counts_as_priced_and_is_marked():
    [row] = ask(connect([call(1, **A)], [cost(1, "1", reason="estimated_tokens")]), COSTS).dicts()
    assert (row["priced_calls"], row["estimated_calls"], row["unpriced_calls"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("model", {("openai", "gpt-4o"): 12, ("aws.bedrock", "nova"): 2}),
        ("provider", {(None, "openai"): 12, (None, "aws.bedrock"): 2}),
        ("service", {(None, "bot"): 12, (None, None): 2}),
        ("day", {(None, "2026-01-01"): 14}),
        ("total", {(None, "total"): 14}),
    ],
)
def test_every_grouping_covers_every_call_once(by: str, groups: dict[tuple[str | None, str | None], int]):
    found: dict[tuple[str | None, str | None], int] = {}
    for row in ask(connect(*some()), COSTS, by=by).dicts():
        found[row["provider"], row["key"]] = found.get((row["provider"], row["key"]), 0) + row["calls"]
    assert found == groups


def test_a_failed_call_stays_with_the_model_that_was_asked_for():
    con = connect(
        [call(1, request_model="m", response_model="m-2026-01-01"), call(2, request_model="m", error_type="x")]
    )
    assert [(r["key"], r["calls"]) for r in ask(con, COSTS).dicts()] == [("m", 2)]


def test_a_start_that_is_no_time_has_no_day():
    con = connect([call(1, **A), call(2, **A) | {"start_unix_ns": 0}, call(3, **A) | {"start_unix_ns": -(2**63)}])
    assert [(r["key"], r["calls"]) for r in ask(con, COSTS, by="day").dicts()] == [("2026-01-01", 1), (None, 2)]


@pytest.mark.parametrize(("bucket", "starts"), [("hour", [0, 3600, 86400]), ("day", [0, 86400]), ("none", [None])])
def test_parts_of_time_are_told_apart(bucket: str, starts: list[int | None]):
    con = connect([call(n, at_s=at, **A) for n, at in enumerate((0, 3599, 3600, 86400))])
    rows = ask(con, COSTS, bucket=bucket).dicts()
    assert [r["bucket_unix_ns"] for r in rows] == [s if s is None else START_NS + s * 10**9 for s in starts]


def test_the_tokens_of_unpriced_calls_are_in_no_price_per_token():
    calls = [call(1, **A, input_tokens_total=10), call(2, **A, input_tokens_total=90), call(3, **A)]
    [row] = ask(connect(calls, [cost(1, "1"), cost(2, None, reason="no_price"), cost(3, "5")]), COSTS).dicts()
    assert (row["priced_tokens"], row["priced_tokens_cost"], row["cost"]) == (10, Decimal(1), Decimal(6))
