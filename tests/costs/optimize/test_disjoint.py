"""Applied from top to bottom, the savings never take more of a call, or of a currency, than it cost."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_cert.costs import Scope
from otel_cert.costs.optimize import Advice, Options, optimize
from tests.calls import DAY_NS, START_NS, call, connect, evaluation
from tests.costs.optimize.shop import PER_MILLION, Shop, Till, content

SYSTEM = "You are the assistant of a library and answer in whole sentences. " * 60

TRAFFIC = st.lists(
    st.fixed_dictionaries(
        {
            "price_id": st.sampled_from(sorted(PER_MILLION)),
            "tokens": st.sampled_from([0, 1, 900, 5_000, 60_000]),
            "output": st.sampled_from([0, 1, 200, 20_000]),
            "read": st.sampled_from([None, 0, 1]),
            "write": st.sampled_from([None, 0]),
            "at_s": st.integers(0, 400),
            "seconds": st.sampled_from([0.0, 0.5, 30.0]),
            "question": st.sampled_from(["a", "b", None]),
            "finish_reasons": st.sampled_from([None, ["length"], ["stop"]]),
            "request_params": st.sampled_from([None, '{"temperature":0}']),
            "agent_name": st.sampled_from([None, "reader"]),
            "streaming": st.sampled_from([None, False]),
            "currency": st.sampled_from(["USD", "USD", "EUR"]),
            "repeat": st.integers(1, 12),
        }
    ),
    max_size=12,
)


def till_of(traffic: list[dict[str, Any]]) -> Till:
    till = Till()
    for given_ in traffic:
        fields = dict(given_)
        question, currency, repeat = (fields.pop(name) for name in ("question", "currency", "repeat"))
        if fields["tokens"] == 0:
            fields |= {"read": None}
        stored = content(question, system=SYSTEM, tools='[{"name":"idle"}]') if question else {}
        for number in till.many(repeat, **fields, **stored):
            till.costs[number - 1]["currency"] = currency
    return till


def holds(advice: Advice, till: Till) -> None:
    spent: dict[str, Decimal] = {}
    for row in till.costs:
        spent[row["currency"]] = spent.get(row["currency"], Decimal(0)) + row["total_cost"]
    assert {s.currency: s.cost for s in advice.spend} == {c: cost for c, cost in spent.items() if cost}
    for spend in advice.spend:
        savings = [s for s in advice.savings if s.currency == spend.currency]
        assert spend.saved == sum((s.amount for s in savings), Decimal(0)) <= spent[spend.currency]
    for saving in advice.savings:
        assert 0 <= saving.low <= saving.amount <= saving.high <= spent[saving.currency]
        assert saving.amount <= saving.alone <= spent[saving.currency]
        assert 0 <= saving.share <= 1
        assert saving.calls > 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRAFFIC)
def test_savings_are_never_negative_nor_more_than_the_spend(traffic: list[dict[str, Any]]):
    till = till_of(traffic)
    evaluations = [evaluation(n + 1, "relevance", score_value=0.5) for n in range(len(till.calls))]
    options = Options(least=2, any_provider=True, candidates=["openai/gpt-9-nano", "mistral/talker"])
    holds(till.advice(options, evaluations=evaluations), till)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRAFFIC)
def test_each_call_that_a_question_finds_saves_at_most_what_it_cost(traffic: list[dict[str, Any]]):
    till = till_of(traffic)
    con = till.connect()
    for query in optimize(con, Scope(), Shop(), Options(least=2)).queries:
        count, once, right = con.execute(
            "SELECT count(*), count(DISTINCT (trace_id, span_id, variant)),"
            f" coalesce(bool_and(0 <= low AND low <= saved AND saved <= high AND high <= cost), true) FROM ({query.sql})",
            query.params,
        ).fetchone()
        assert (once, right) == (count, True), query.name


def test_what_one_saving_takes_is_not_left_for_the_next():
    till = Till()
    till.many(20, **content("Same?"), request_params='{"temperature":0}', at_s=1, seconds=0)
    till.many(20, **content("Other"), at_s=60)
    repeated, *others = till.advice().savings
    call_cost = Decimal("0.014")
    assert (repeated.kind, repeated.amount) == ("repeated", 19 * call_cost)
    batch = next(s for s in others if s.kind == "batch")
    assert batch.alone == 40 * call_cost / 2
    assert batch.amount == 21 * call_cost / 2, "what is answered from a store is not sent as a batch"
    cheaper = next(s for s in others if s.kind == "models")
    # What is left of the 21 calls after the batch price, at a fifth of the price.
    assert cheaper.amount == 21 * call_cost / 2 * Decimal("0.8")


def test_currencies_are_kept_apart():
    till = Till()
    for number in till.many(4, **content("Same?")):
        till.costs[number - 1]["currency"] = "EUR" if number > 2 else "USD"
    advice = till.advice()
    assert {s.currency for s in advice.spend} == {"EUR", "USD"}
    assert {s.currency for s in advice.savings if s.kind == "models"} == {"USD"}, "the list is in USD"
    holds(advice, till)


def test_only_calls_in_scope_are_looked_at():
    till = Till()
    till.many(3, **content("Same?"), service_name="bot")
    till.many(3, **content("Same?"), at_s=2 * 86_400)
    bot = till.advice(scope=Scope(services=["bot"]))
    assert (bot.calls, bot.filters) == (3, {"services": ["bot"]})
    assert {s.task.service for s in bot.savings} == {"bot"}
    assert till.advice(scope=Scope(since_ns=START_NS + DAY_NS)).calls == 3


def test_unpriced_calls_are_counted_with_the_reason_and_never_saved_on():
    till = Till()
    till.many(2, **content("Same?"))
    till.calls.append(call(9, **content("Same?")))
    advice = till.advice()
    assert (advice.calls, advice.unpriced_calls, advice.unpriced_reasons) == (3, 1, {"not_processed": 1})
    assert all(f"{9:032x}" not in {trace for trace, _ in s.examples} for s in advice.savings)


def test_nothing_is_found_where_nothing_is():
    advice = optimize(connect(), Scope(), Shop())
    assert (advice.calls, advice.spend, advice.savings, advice.notes) == (0, [], [], [])


def test_the_connection_is_left_as_it_was():
    till = Till()
    till.many(3, **content("Same?"))
    con = till.connect()
    before = con.execute("SHOW ALL TABLES").fetchall()
    optimize(con, Scope(), Shop())
    assert con.execute("SHOW ALL TABLES").fetchall() == before


def test_every_saving_names_the_query_that_finds_its_calls():
    till = Till()
    till.many(3, **content("Same?"))
    con = till.connect()
    advice = optimize(con, Scope(), Shop())
    queries = {query.evidence_id: query for query in advice.queries}
    for saving in advice.savings:
        query = queries[saving.evidence_id]
        rows = con.execute(
            f"SELECT count(*) FILTER (saved > 0), sum(saved) FROM ({query.sql})", query.params
        ).fetchone()
        assert rows == (saving.calls, saving.alone)
    assert advice.savings


@pytest.mark.parametrize("kind", ["repeated", "models"])
def test_json_has_amounts_as_exact_numbers(kind: str):
    till = Till()
    till.many(3, **content("Same?"), request_params='{"temperature":0}')
    found = next(s for s in till.advice().model_dump(mode="json")["savings"] if s["kind"] == kind)
    assert found["alone"] == {"repeated": 0.028, "models": 0.0336}[kind]
