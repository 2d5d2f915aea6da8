import json
from decimal import Decimal
from typing import Any

from otel_cert.costs.optimize import Saving
from tests.costs.optimize.shop import Till, content


def by_variant(till: Till, **more: Any) -> dict[str | None, Saving]:
    return {saving.variant: saving for saving in till.found("overlong", **more)}


def test_input_far_beyond_the_usual_is_counted_from_the_95th_percentile():
    till = Till()
    till.many(99, tokens=1000)
    long = till.add(tokens=10_000)
    saving = by_variant(till)["long input"]
    assert (saving.calls, saving.tokens) == (1, 9000)
    assert (saving.alone, saving.low, saving.confidence) == (Decimal(9000) * 10 / 1_000_000, 0, "low")
    assert saving.examples == [(f"{long:032x}", f"{long:016x}")]


def test_cached_input_is_not_part_of_the_excess():
    till = Till()
    till.many(99, tokens=1000)
    till.add(tokens=10_000, read=9_500)
    assert by_variant(till)["long input"].alone == Decimal(500) * 10 / 1_000_000


def test_input_that_is_usual_for_its_task_is_not_too_long():
    till = Till()
    till.many(30, tokens=1000)
    till.many(30, tokens=10_000, agent_name="reader")
    assert by_variant(till) == {}


def test_few_calls_say_nothing_of_what_is_usual():
    till = Till()
    till.many(18, tokens=100)
    till.add(tokens=10_000, finish_reasons=["length"])
    assert by_variant(till) == {}


def test_answers_cut_at_the_limit_cost_their_output():
    till = Till()
    till.many(20)
    till.add(output=500, finish_reasons=["length"])
    saving = by_variant(till)["answer cut at the limit"]
    assert (saving.alone, saving.tokens, saving.calls) == (Decimal(500) * 40 / 1_000_000, 500, 1)


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "name": name, "description": "d" * 100}


def answered(name: str) -> str:
    return json.dumps([{"role": "assistant", "parts": [{"type": "tool_call", "name": name, "arguments": {}}]}])


def test_tools_that_are_never_used_cost_their_share_of_the_input():
    tools = json.dumps([tool("used"), tool("idle")], separators=(",", ":"))
    till = Till()
    till.many(19, **content("Hello", tools=tools))
    till.add(**content("Hello", tools=tools) | {"output_messages": answered("used")})
    saving = by_variant(till)["unused tools"]
    idle = len(json.dumps(tool("idle"), separators=(",", ":")))
    characters = len(tools) + len(content("Hello")["input_messages"])
    expected = 20 * Decimal("0.01") * idle / characters
    assert abs(saving.alone - expected) < Decimal("1e-10")
    assert saving.calls == 20


def test_where_an_answer_is_not_stored_no_tool_is_called_unused():
    tools = json.dumps([tool("idle")])
    till = Till()
    till.many(20, **content("Hello", tools=tools))
    till.add(**content("Hello", tools=tools) | {"output_messages": None})
    assert by_variant(till) == {}
