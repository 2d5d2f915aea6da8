import json
from typing import Any

import pytest

from tests.processors.rows import calls, connect, decoded_capture, evaluate, span

CHAT = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.id": "chatcmpl-1",
}  # fmt: skip


def agent_span(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return span(attributes, **{"scope_name": "pydantic-ai", "scope_version": "2.68.0"} | fields)


def only(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (call,) = calls(agent_span(CHAT | attributes, **fields))
    return call


@pytest.mark.parametrize("folder", ["pydantic-ai", "pydantic-ai-v2"])
def test_tool_execution_and_agent_run_in_every_instrumentation_version(folder: str) -> None:
    tables = evaluate(connect(decoded_capture(f"{folder}/tools_a", "traces")))
    (execution,), (run,) = tables["genai_tool_executions"], tables["genai_agent_runs"]
    assert (execution["tool_name"], execution["tool_call_id"]) == ("get_weather", "call_oslo_001")
    assert json.loads(execution["arguments"]) == {"city": "Oslo"}
    assert json.loads(execution["result"]) == {"temp_c": 4, "sky": "snow"}
    assert (run["operation"], run["agent_name"]) == ("invoke_agent", "assistant_a")
    for call in tables["genai_calls"]:
        assert (call["agent_name"], call["conversation_id"]) == (run["agent_name"], run["conversation_id"])
        assert json.loads(call["tool_definitions"])[0]["name"] == "get_weather"


def test_first_chunk_and_cost() -> None:
    (call,) = evaluate(connect(decoded_capture("pydantic-ai/chat_stream_a", "traces")))["genai_calls"]
    assert call["streaming"] is True
    assert 0 < call["ttft_s"] < call["duration_ns"] / 1e9
    assert call["cost_recorded_usd"] == pytest.approx(8.55e-6)


@pytest.mark.parametrize(
    ("version", "streaming"),
    [
        ("2.68.0", False),
        ("2.10.0", False),
        ("2.9.1", None),
        ("1.107.10", None),
        ("", None),
        ("dev", None),
        ("3.0b1", None),
    ],
)
def test_only_versions_that_measure_streams_say_that_there_was_none(version: str, streaming: bool | None) -> None:
    assert only({}, scope_version=version)["streaming"] is streaming


def test_failed_request_does_not_say_whether_it_was_a_stream() -> None:
    call = only({}, status_code=2, status_message="ModelServerError: status_code: 503, model_name: gpt-4o, body: {}")
    assert (call["streaming"], call["http_status"], call["error_class"]) == (None, 503, "server")


def test_parts_whose_content_is_switched_off_are_no_content() -> None:
    empty = '[{"role":"user","parts":[{"type":"text"}]},{"role":"assistant","parts":[{"type":"thinking"}]}]'
    names = ("gen_ai.input.messages", "gen_ai.output.messages")
    call = only(dict.fromkeys(names, empty) | {"gen_ai.system_instructions": '[{"type":"text"}]'})
    assert [call[n] for n in ("input_messages", "output_messages", "system_instructions")] == [None] * 3
    assert call["content_state"] == "absent"


def test_tool_call_without_its_arguments_is_still_told() -> None:
    sent = '[{"role":"assistant","parts":[{"type":"text"},{"type":"tool_call","id":"t1","name":"f"}]}]'
    (message,) = json.loads(only({"gen_ai.output.messages": sent})["output_messages"])
    assert [(p["type"], p["name"]) for p in message["parts"]] == [("tool_call", "f")]


@pytest.mark.parametrize("sent", ['[{"role":"user","parts":', '"text"', '[{"role":"user"}]', "[7]", '[{"parts":[7]}]'])
def test_messages_of_another_shape_are_unreadable(sent: str) -> None:
    call = only({"gen_ai.input.messages": sent})
    assert (call["input_messages"], call["unreadable"]) == (None, ["input_messages"])


def test_thinking_is_reasoning() -> None:
    sent = '[{"role":"assistant","parts":[{"type":"thinking","content":"Hm."},{"type":"text","content":"No."}]}]'
    (message,) = json.loads(only({"gen_ai.output.messages": sent})["output_messages"])
    assert message["parts"][0] == {"type": "reasoning", "content": "Hm."}


@pytest.mark.parametrize(
    ("details", "read"),
    [
        ({"cache_read_tokens": 60, "cache_write_tokens": 30}, (60, 30, None)),
        ({"cache_read_input_tokens": 60, "cache_creation_input_tokens": 0}, (60, 0, None)),
        ({"cached_tokens": 60, "reasoning_tokens": 0}, (60, None, 0)),
        ({"thoughts_tokens": 7}, (None, None, 7)),
        ({"reasoning_tokens": "many"}, (None, None, None)),
    ],
)
def test_details_of_usage(details: dict[str, Any], read: tuple[int | None, ...]) -> None:
    usage = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 9}
    call = only(usage | {f"gen_ai.usage.details.{name}": count for name, count in details.items()})
    assert tuple(call[n] for n in ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens")) == read


def test_version_1_has_its_messages_as_events() -> None:
    events = [
        {"event.name": "gen_ai.user.message", "content": "Weather?", "role": "user", "gen_ai.message.index": 0},
        {
            "event.name": "gen_ai.assistant.message", "role": "assistant",
            "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"event.name": "gen_ai.tool.message", "content": "snow", "role": "tool", "id": "t1", "name": "f"},
        {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "Snow."}},
    ]  # fmt: skip
    call = only({"events": json.dumps(events)})
    asked, called, answered = json.loads(call["input_messages"])
    assert asked == {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}
    assert called["parts"] == [{"type": "tool_call", "id": "t1", "name": "f", "arguments": {}}]
    assert answered["parts"] == [{"type": "tool_call_response", "id": "t1", "response": "snow"}]
    (choice,) = json.loads(call["output_messages"])
    assert choice["parts"] == [{"type": "text", "content": "Snow."}]


@pytest.mark.parametrize("sent", ["[{", "7", "[7]", '{"event.name": 7}', "[]"])
def test_events_of_another_shape_are_no_messages(sent: str) -> None:
    call = only({"events": sent})
    assert (call["input_messages"], call["output_messages"]) == (None, None)


def test_older_agents_and_tools_name_no_operation() -> None:
    agent = agent_span({"agent_name": "helper", "model_name": "gpt-4o", "gen_ai.usage.input_tokens": 99})
    tool = agent_span({"gen_ai.tool.name": "f", "tool_arguments": "{}", "tool_response": "ok"}, number=2)
    tables = evaluate(connect([agent, tool]))
    assert tables["genai_calls"] == []
    assert [r["agent_name"] for r in tables["genai_agent_runs"]] == ["helper"]
    assert [(r["arguments"], r["result"]) for r in tables["genai_tool_executions"]] == [("{}", "ok")]


def test_tools_are_in_the_request_parameters_of_older_versions() -> None:
    tool = {"name": "f", "description": "Does.", "parameters_json_schema": {"type": "object"}}
    call = only({"model_request_parameters": json.dumps({"function_tools": [tool]})})
    assert json.loads(call["tool_definitions"]) == [
        {"type": "function", "name": "f", "description": "Does.", "parameters": {"type": "object"}}
    ]


def test_pending_span_is_nothing() -> None:
    begun = {name: value for name, value in CHAT.items() if "response" not in name}
    assert calls(agent_span(begun | {"logfire.span_type": "pending_span"}, seconds=0)) == []


def test_request_parameters_mark_the_dialect_under_another_scope() -> None:
    assert only({"model_request_parameters": "{}"}, scope_name="mine")["dialect"] == "pydantic-ai"
