import json
from typing import Any

import pytest

from tests.processors.rows import calls, connect, decoded_capture, evaluate, span

REQUEST = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o", "request_data": '{"model":"gpt-4o"}', "logfire.span_type": "span",
    "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
}  # fmt: skip
LOG = REQUEST | {"logfire.span_type": "log", "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 2}


def client(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return span(attributes, **{"scope_name": "logfire.openai"} | fields)


def only(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (call,) = calls(client(attributes, **fields))
    return call


def old(response: Any, **request: Any) -> dict[str, Any]:
    """Return the call of attribute version 1."""
    attributes = {"gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "logfire.span_type": "span"}
    return only(attributes | {"request_data": json.dumps(request), "response_data": json.dumps(response)})


def test_stream_is_one_call_from_request_to_log() -> None:
    request, log = client(REQUEST), client(LOG, number=2, at_s=3, seconds=0)
    for spans in ((request, log), (log, request)):
        (call,) = calls(*spans)
        assert (call["span_id"], call["duration_ns"], call["streaming"]) == (request["span_id"], 3_000_000_000, True)
        assert (call["input_tokens_total"], call["output_tokens_total"], call["tokens_source"]) == (3, 2, "reported")
        assert call["response_model"] is None


def test_streams_of_the_same_request_at_once_are_paired_by_parent() -> None:
    parents = [f"{n:016x}" for n in (91, 92)]
    requests = [client(REQUEST, number=n, parent_span_id=p, trace_id="0a") for n, p in enumerate(parents, 1)]
    logs = [
        client(LOG | {"gen_ai.usage.output_tokens": n}, number=n, at_s=n, seconds=0, parent_span_id=p, trace_id="0a")
        for n, p in zip((4, 3), parents, strict=True)
    ]
    found = calls(*requests, *logs)
    assert [(c["parent_span_id"], c["output_tokens_total"]) for c in found] == [(parents[0], 4), (parents[1], 3)]


def test_log_of_another_conversation_is_no_half_of_the_request() -> None:
    other = LOG | {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Bye"}]}]'}
    assert len(calls(client(REQUEST), client(other, number=2, at_s=3, seconds=0))) == 2


def test_log_of_another_process_is_no_half_of_the_request() -> None:
    log = client(LOG, number=2, at_s=3, seconds=0, resource_attributes=[("service.name", "other")])
    assert len(calls(client(REQUEST), log)) == 2


def test_request_that_was_answered_takes_no_log() -> None:
    answered = client(REQUEST | {"gen_ai.response.id": "chatcmpl-1"})
    first, second = calls(answered, client(LOG, number=2, at_s=3, seconds=0))
    assert (first["streaming"], first["dedupe_group"], second["streaming"]) == (False, None, True)


def test_failed_request_does_not_say_whether_it_was_a_stream() -> None:
    message = "RateLimitError: Error code: 429 - Slow down"
    call = only(REQUEST, status_code=2, status_message=message)
    assert (call["streaming"], call["http_status"], call["error_class"]) == (None, 429, "rate_limit")
    assert only(REQUEST | {"request_data": '{"stream": true}'}, status_code=2)["streaming"] is True


def test_pending_span_is_nothing() -> None:
    assert calls(client(REQUEST | {"logfire.span_type": "pending_span"}, seconds=0)) == []


def test_embeddings_are_no_stream() -> None:
    call = only(REQUEST | {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 6})
    assert (call["streaming"], call["response_model"]) == (False, "gpt-4o")


def test_native_span_of_a_stream_that_outlives_the_request_is_the_same_call() -> None:
    tables = evaluate(connect(decoded_capture("logfire-anthropic/chat_stream_a", "traces")))
    (call,) = tables["genai_calls"]
    assert (call["scope_name"], call["response_id"]) == ("com.anthropic.sdk.python", "msg_stub_chat_stream_a_1")
    assert len(tables["genai_duplicates"]) == 2
    assert json.loads(call["output_messages"])[0]["parts"][0]["content"] == "One, two, three, four, five."
    assert call["cost_recorded_usd"] == pytest.approx(0.000204)


def test_finish_reasons_of_a_stream_are_those_of_its_messages() -> None:
    said = [
        {"role": "assistant", "parts": [{"type": "text", "content": "a"}], "finish_reason": r}
        for r in ("stop", "length")
    ]
    assert only(LOG | {"gen_ai.output.messages": json.dumps(said)})["finish_reasons"] == ["stop", "length"]
    assert only(LOG | {"gen_ai.output.messages": '[{"role":"assistant","parts":[]}, 5]'})["finish_reasons"] is None


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}}, (100, 60, None, None)),
        ({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60}}, (100, 60, None, None)),
        (
            {"input_tokens": 10, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30},
            (100, 60, 30, None),
        ),
        ({"prompt_tokens": 100, "completion_tokens_details": {"reasoning_tokens": 7}}, (100, None, None, 7)),
        ({"prompt_tokens": 100, "prompt_tokens_details": [], "completion_tokens_details": None}, (100, None, None, None)),
        ([1], (None, None, None, None)),
    ],
)  # fmt: skip
def test_usage_as_the_provider_sent_it(usage: Any, read: tuple[int | None, ...]) -> None:
    names = ("input_tokens_total", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
    call = only(REQUEST | {"gen_ai.usage.raw": json.dumps(usage)})
    assert tuple(call[name] for name in names) == read
    assert tuple(old({"usage": usage})[name] for name in names) == read


def test_version_1_has_request_and_response_as_the_api() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "t1", "function": {"name": "f", "arguments": '{"a": 1}'}}],
    }
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    call = old({"message": message}, messages=[{"role": "user", "content": "Hi"}], system="Be kind.", tools=tools)
    assert json.loads(call["input_messages"]) == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    assert json.loads(call["system_instructions"]) == [{"type": "text", "content": "Be kind."}]
    assert json.loads(call["output_messages"]) == [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "t1", "name": "f", "arguments": {"a": 1}}]}
    ]
    assert json.loads(call["tool_definitions"])[0]["name"] == "f"
    assert call["streaming"] is False


@pytest.mark.parametrize(
    "response", [{"combined_chunk_content": "Hallo!", "chunk_count": 3}, {"text": "Hallo!", "finish_reason": "stop"}]
)
def test_version_1_text_of_a_stream_or_completion(response: dict[str, Any]) -> None:
    (message,) = json.loads(old(response)["output_messages"])
    assert message["parts"] == [{"type": "text", "content": "Hallo!"}]


def test_version_1_responses_are_events() -> None:
    events = [
        {"event.name": "gen_ai.system.message", "content": "Be brief.", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "Define entropy.", "role": "user"},
        {"event.name": "gen_ai.assistant.message", "content": "Uncertainty.", "role": "assistant"},
    ]
    call = only({k: v for k, v in REQUEST.items() if "messages" not in k} | {"events": json.dumps(events)})
    assert [m["role"] for m in json.loads(call["input_messages"])] == ["system", "user"]
    assert json.loads(call["output_messages"])[0]["parts"] == [{"type": "text", "content": "Uncertainty."}]


def test_what_was_scrubbed_is_redacted() -> None:
    note = '[{"path": ["attributes", "gen_ai.response.id"], "matched_substring": "session"}]'
    call = only(REQUEST | {"gen_ai.response.id": "[Scrubbed due to 'session']", "logfire.scrubbed": note})
    assert (call["response_id"], call["content_state"]) == (None, "present")
    note = '[{"path": ["attributes", "gen_ai.input.messages", 0], "matched_substring": "secret"}]'
    assert only(REQUEST | {"logfire.scrubbed": note})["content_state"] == "redacted"
    assert only(REQUEST | {"logfire.scrubbed": "[{"})["unreadable"] == ["content_redacted"]


@pytest.mark.parametrize("sent", ['{"message": ', "[]", "7", '{"message": 7}', '{"message": {"content": {"a": [1]}}}'])
def test_unreadable_response_is_no_answer(sent: str) -> None:
    call = only(REQUEST | {"response_data": sent})
    assert call["input_tokens_total"] is None
    assert call["streaming"] is False


def test_request_data_marks_the_dialect_under_another_scope() -> None:
    assert only(LOG, scope_name="mine")["dialect"] == "logfire"
