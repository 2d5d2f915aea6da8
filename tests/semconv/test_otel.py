import json
from typing import Any

from tests.processors.rows import calls, chat, connect, decoded_capture, evaluate

LANGCHAIN = {"scope_name": "opentelemetry.instrumentation.genai.langchain"}


def read(capture: str) -> dict[str, list[dict[str, Any]]]:
    return evaluate(connect(decoded_capture(capture, "traces"), decoded_capture(capture, "logs")))


def test_call_of_anthropic_is_one_with_what_the_sdk_records_of_it() -> None:
    tables = read("otel-genai-anthropic/multi_turn_system_a")
    (call,), (other,) = tables["genai_calls"], tables["genai_duplicates"]
    assert {call["scope_name"], other["scope_name"]} == {
        "com.anthropic.sdk.python",
        "opentelemetry.instrumentation.genai.anthropic",
    }
    assert json.loads(call["system_instructions"])[0]["content"].startswith("You are a terse geography tutor.")
    assert [m["role"] for m in json.loads(call["input_messages"])] == ["user", "assistant", "user"]
    assert (call["cache_read_tokens"], call["content_state"]) == (0, "present")


def test_failure_of_anthropic_is_one_with_what_the_sdk_records_of_it() -> None:
    tables = read("otel-genai-anthropic/error_429_a")
    (call,), (other,) = tables["genai_calls"], tables["genai_duplicates"]
    assert (call["error_type"], other["error_type"]) == ("anthropic.RateLimitError", "rate_limit_error")
    assert call["http_status"] == other["http_status"] == 429


def test_stream_of_anthropic_has_the_time_to_its_first_chunk() -> None:
    (call,) = read("otel-genai-anthropic/chat_stream_a")["genai_calls"]
    assert call["streaming"] is True
    assert 0 < call["ttft_s"] < call["duration_ns"] / 1e9


def test_variable_context_of_a_prompt_is_what_was_retrieved() -> None:
    tables = read("otel-genai-langchain/rag_a")
    (call,), (found,) = tables["genai_calls"], tables["genai_retrievals"]
    assert "The Loire river is 1006 kilometres long" in call["retrieved_context"]
    assert found["query"] == "How long is the Loire river?"
    documents = json.loads(found["documents"])
    assert len({d["id"] for d in documents}) == 2
    assert all(d["text"] is d["score"] is None for d in documents)


def test_agent_and_tool_of_langchain() -> None:
    tables = read("otel-genai-langchain/tools_a")
    (run,), (tool,) = tables["genai_agent_runs"], tables["genai_tool_executions"]
    assert (run["operation"], run["agent_name"]) == ("invoke_agent", "helper_agent")
    assert (tool["tool_name"], tool["tool_call_id"]) == ("get_weather", "call_oslo_001")
    assert json.loads(tool["arguments"]) == {"city": "Oslo"}
    assert len(tables["genai_calls"]) == 2


def test_conversation_of_langchain() -> None:
    assert read("otel-genai-langchain/session_a")["genai_calls"][0]["conversation_id"] == "conv-8841-a"


def test_tokens_of_an_agent_are_no_call() -> None:
    run = {"gen_ai__operation__name": "invoke_agent", "gen_ai__usage__input_tokens": 9, "gen_ai__response__id": "r"}
    assert not calls(chat(**run, fields=LANGCHAIN))
    workflow = {"gen_ai__operation__name": "invoke_workflow", "gen_ai__usage__input_tokens": 9}
    assert not calls(chat(**workflow, fields=LANGCHAIN))


def test_a_call_without_the_mark_of_a_stream_was_none() -> None:
    (call,) = calls(chat(fields=LANGCHAIN))
    assert call["streaming"] is False
