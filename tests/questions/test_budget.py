from decimal import Decimal

import pytest

from otel_cert.questions import BUDGET, ask
from tests.calls import DAY_NS, START_NS, call, connect, cost, span

A = {"provider": "openai", "request_model": "a", "service_name": "web", "user_id": "u1"}
B = {"provider": "anthropic", "request_model": "b", "response_model": "b-1", "agent_name": "x", "operation": "chat"}


def asked(**params: object):
    con = connect(
        [call(1, at_s=0, **A), call(2, at_s=86_400, **A), call(3, at_s=86_400, **A), call(4, at_s=172_799, **B)],
        [cost(1, "1"), cost(2, "2"), cost(3, None, reason="no_price"), cost(4, "4", currency="EUR")],
        spans=[span(1, tags={"team": "t"})],
    )
    return list(ask(con, BUDGET, **params).dicts())


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("user", {"u1", None}), ("service", {"web", None}), ("model", {"a", "b"}), ("provider", {"openai", "anthropic"}),
        ("agent", {None, "x"}), ("operation", {None, "chat"}), ("tag", {"t", None}), ("conversation", {None}),
        ("environment", {None}), ("total", {"total"}),
    ],
)  # fmt: skip
def test_every_grouping_covers_every_call_once(by: str, keys: set[str | None]):
    rows = asked(by=by, tag="team")
    assert {row["key"] for row in rows} == keys
    assert sum(row["calls"] for row in rows) == 4


def test_a_currency_has_a_row_and_what_is_unpriced_too():
    rows = {row["currency"]: row for row in asked()}
    assert (rows["USD"]["calls"], rows["USD"]["cost"], rows["USD"]["unpriced_reasons"]) == (2, 3, {})
    assert (rows["EUR"]["calls"], rows["EUR"]["cost"]) == (1, 4)
    assert (rows[None]["calls"], rows[None]["cost"], rows[None]["unpriced_reasons"]) == (1, None, {"no_price": 1})


def test_age_is_counted_in_whole_steps_back_from_the_end():
    (row,) = asked(until_ns=START_NS + 2 * DAY_NS, providers='["openai"]')[:1]
    assert row["cost_by_age"] == {0: Decimal(2), 1: Decimal(1)}, "a step holds its start, and not its end"
    (row,) = asked(until_ns=START_NS + 2 * DAY_NS, step_ns=10**9, providers='["anthropic"]')
    assert row["cost_by_age"] == {0: Decimal(4)}
    assert asked()[0]["cost_by_age"] is None, "without an end there is no age"
