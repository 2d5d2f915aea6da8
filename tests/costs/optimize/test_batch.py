from decimal import Decimal
from typing import Any

import pytest

from tests.costs.optimize.shop import Till

CALL = Decimal("0.014")


def test_calls_in_bursts_that_nobody_waits_for_cost_half_as_a_batch():
    till = Till()
    till.many(20, seconds=0.1, at_s=1)
    till.many(5, at_s=3600)
    [saving] = till.found("batch")
    assert (saving.calls, saving.alone, saving.low) == (20, 20 * CALL / 2, 0)
    assert saving.amount == saving.alone, "a guess at another model comes after it"
    assert saving.high == 25 * CALL / 2


def test_at_least_those_known_not_to_stream():
    till = Till()
    till.many(12, at_s=1, streaming=False)
    till.many(12, at_s=1)
    [saving] = till.found("batch")
    assert (saving.alone, saving.low) == (24 * CALL / 2, 12 * CALL / 2)


@pytest.mark.parametrize(
    "awaited",
    [{"streaming": True}, {"user_id": "u"}, {"conversation_id": "c"}, {"finish_reasons": ["tool_call"]}],
)
def test_a_task_of_which_one_call_is_waited_for_is_none(awaited: dict[str, Any]):
    till = Till()
    till.many(30, at_s=1)
    till.add(at_s=1, **awaited)
    assert till.found("batch") == []


def test_few_calls_steady_calls_and_models_without_a_batch_price_are_none():
    few, steady, nano = Till(), Till(), Till()
    few.many(19, at_s=1)
    for minute in range(40):
        steady.add(at_s=60 * minute)
    nano.many(30, at_s=1, price_id="openai/gpt-9-nano")
    assert few.found("batch") == steady.found("batch") == nano.found("batch") == []
    assert any("No batch price is listed for openai/gpt-9-nano" in note for note in nano.advice().notes)


def test_cached_input_is_compared_at_its_own_batch_price():
    till = Till()
    till.many(20, at_s=1, read=600, write=100)
    [saving] = till.found("batch")
    assert saving.alone == till.spent() / 2


def test_what_was_a_batch_already_is_left_out():
    till = Till()
    till.many(20, at_s=1)
    for row in till.costs:
        row["price_variant"] = "processing=batch"
    assert till.found("batch") == []
