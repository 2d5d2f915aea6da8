import json
from typing import Any

from tests.processors.rows import calls, connect, evaluate, span

SCOPE = "com.anthropic.sdk.python"
CHAT = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5",
}  # fmt: skip


def only(attributes: dict[str, Any], scope_name: str = SCOPE) -> dict[str, Any]:
    (call,) = calls(span(CHAT | attributes, scope_name=scope_name))
    return call


def test_a_request_that_is_not_marked_as_stream_was_none() -> None:
    assert only({"error.type": "overloaded_error"})["streaming"] is False
    assert only({"gen_ai.request.stream": True})["streaming"] is True


def test_written_and_read_cache_are_part_of_the_input() -> None:
    usage = {"input_tokens": 100, "cache_read.input_tokens": 60, "cache_write.input_tokens": 30, "output_tokens": 5}
    call = only({f"gen_ai.usage.{name}": count for name, count in usage.items()})
    assert (call["input_tokens_total"], call["cache_read_tokens"], call["cache_write_tokens"]) == (100, 60, 30)


def test_thinking_tokens_and_conversation() -> None:
    call = only(
        {"gen_ai.usage.reasoning.output_tokens": 7, "gen_ai.conversation.id": "c-1", "gen_ai.usage.input_tokens": 1}
    )
    assert (call["reasoning_tokens"], call["conversation_id"]) == (7, "c-1")


def test_stop_reason_marks_the_dialect_under_another_scope() -> None:
    assert only({"anthropic.message.stop_reason": "max_tokens"}, scope_name="mine")["dialect"] == "anthropic-sdk-native"


def test_stop_reason_of_another_type_is_unreadable() -> None:
    call = only({"anthropic.message.stop_reason": True})
    assert (call["finish_reasons"], call["unreadable"]) == (None, ["finish_reasons"])


def test_counting_tokens_is_no_call() -> None:
    counted = {"gen_ai.request.model": "claude-sonnet-4-5", "anthropic.message.count_tokens.input_tokens": 12}
    assert calls(span(counted, scope_name=SCOPE)) == []


def test_tool_runner_is_an_agent_run_and_its_tools_are_executions() -> None:
    runner = span(
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "claude-sonnet-4-5"}, scope_name=SCOPE
    )
    result = [{"type": "text", "text": "4 degrees"}]
    tool = span(
        {
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather", "gen_ai.tool.call.id": "t1",
            "gen_ai.tool.call.arguments": '{"city":"Oslo"}', "anthropic.tool_result.content": json.dumps(result),
        },
        number=2, scope_name=SCOPE,
    )  # fmt: skip
    tables = evaluate(connect([runner, tool]))
    assert tables["genai_calls"] == []
    assert [r["operation"] for r in tables["genai_agent_runs"]] == ["invoke_agent"]
    (execution,) = tables["genai_tool_executions"]
    assert (execution["tool_name"], execution["tool_call_id"]) == ("get_weather", "t1")
    assert json.loads(execution["arguments"]) == {"city": "Oslo"}
    assert json.loads(execution["result"]) == result


def test_its_tokens_are_believed_before_those_of_an_instrumentation() -> None:
    outer = span(
        CHAT | {"gen_ai.response.id": "m1", "gen_ai.usage.input_tokens": 13, "gen_ai.usage.output_tokens": 12},
        scope_name="opentelemetry.instrumentation.anthropic",
    )
    inner = span(
        CHAT | {"gen_ai.response.id": "m1", "gen_ai.usage.input_tokens": 13, "gen_ai.usage.output_tokens": 11},
        number=2, at_s=0.1, seconds=0.5, scope_name=SCOPE,
    )  # fmt: skip
    (call,) = calls(outer, inner)
    assert call["output_tokens_total"] == 11
