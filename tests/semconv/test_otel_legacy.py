"""Content of the older conventions comes in log events: joined to its span, in the order sent, nothing twice."""

from __future__ import annotations

import json
from typing import Any

from tests.processors.rows import START_NS, calls, span, typed

OPENAI, BEDROCK = "opentelemetry.instrumentation.openai_v2", "opentelemetry.instrumentation.botocore.bedrock-runtime"
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini"}


def log(name: str, body: Any, *, number: int = 1, at: int = 0, named_by_attribute: bool = False) -> dict[str, Any]:
    """Return a row of `logs` that is an event of span `number`, `at` nanoseconds after START_NS."""
    ids = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "unix_ns": START_NS + at,
        "sequence": 1,
        "ordinal": at,
    }
    named = typed({"event.name": name}) if named_by_attribute else {"event_name": name, **typed({})}
    return ids | named | {"body": otlp(body), "body_type": "k", "scope_name": OPENAI}


def otlp(mapping: dict[str, Any]) -> str:
    """Return a key-value list as it is stored."""

    def value(plain: Any) -> dict[str, Any]:
        if isinstance(plain, dict):
            return {"kvlistValue": {"values": [{"key": k, "value": value(v)} for k, v in plain.items()]}}
        if isinstance(plain, list):
            return {"arrayValue": {"values": [value(v) for v in plain]}}
        return {"intValue": str(plain)} if isinstance(plain, int) else {"stringValue": plain}

    return json.dumps([{"key": k, "value": value(v)} for k, v in mapping.items()])


def only(*logs: dict[str, Any], scope: str = OPENAI, **attributes: Any) -> dict[str, Any]:
    (call,) = calls(span(CHAT | attributes, scope_name=scope), logs=logs)
    return call


def messages(column: str | None) -> Any:
    return json.loads(column or "null")


def text(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def test_messages_are_in_the_order_sent_and_of_either_naming() -> None:
    call = only(
        log("gen_ai.choice", {"index": 1, "finish_reason": "length", "message": {"content": "B"}}, at=5),
        log("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "A"}}, at=6),
        log("gen_ai.assistant.message", {"content": "Yes?"}, at=3),
        log("gen_ai.user.message", {"content": "Hello"}, at=2, named_by_attribute=True),
        log("gen_ai.system.message", {"content": "Be brief."}, at=1),
        log("gen_ai.user.message", {"content": "Well"}, at=4),
        log("gen_ai.user.message", {"content": "another's"}, number=2),
    )
    assert call["dialect"] == "otel-legacy"
    assert messages(call["system_instructions"]) == [{"type": "text", "content": "Be brief."}]
    assert messages(call["input_messages"]) == [text("user", "Hello"), text("assistant", "Yes?"), text("user", "Well")]
    assert messages(call["output_messages"]) == [
        text("assistant", "A") | {"finish_reason": "stop"},
        text("assistant", "B") | {"finish_reason": "length"},
    ]
    assert call["finish_reasons"] == ["stop", "length"]


def test_tools_of_bedrock_are_said_once() -> None:
    used = {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"x": 1}}}
    named = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    answered = {"toolResult": {"toolUseId": "c1", "content": [{"text": "42"}]}}
    call = only(
        log("gen_ai.assistant.message", {"content": [used], "tool_calls": [named]}, at=1),
        log("gen_ai.tool.message", {"id": "c1", "content": [{"text": "42"}]}, at=2),
        log("gen_ai.user.message", {"content": [answered]}, at=3),
        scope=BEDROCK,
    )
    assert messages(call["input_messages"]) == [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "42"}]},
    ]


def test_events_without_content_are_no_content() -> None:
    call = only(
        log("gen_ai.user.message", {}),
        log("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}}),
    )
    assert (call["input_messages"], call["output_messages"], call["content_state"]) == (None, None, "absent")
    assert call["finish_reasons"] == ["stop"]


def test_a_choice_without_a_finish_reason_is_readable() -> None:
    call = only(log("gen_ai.choice", {"index": 0, "message": {"content": "A"}}))
    assert (call["finish_reasons"], call["unreadable"]) == (None, None)


def test_bodies_of_other_shapes_are_passed_over() -> None:
    broken = [log("gen_ai.choice", {"message": "x"}), log("gen_ai.choice", {"index": "a", "message": {"content": "A"}})]
    other = log("gen_ai.user.message", {}) | {"body": "plain text", "body_type": "s"}
    call = only(*broken, other)
    assert messages(call["output_messages"]) == [text("assistant", "A")]
    assert call["input_messages"] is None


def test_bedrock_counts_tokens_beside_its_cache_and_says_its_status() -> None:
    usage = {"gen_ai.usage.input_tokens": 2000, "gen_ai.usage.cache_read.input_tokens": 1280}
    assert only(scope=BEDROCK, **usage)["input_tokens_total"] == 3280
    assert only(**usage)["input_tokens_total"] == 2000
    failed = only(scope=BEDROCK, **{"error.type": "ThrottlingException", "http.status_code": 429})
    assert (failed["http_status"], failed["error_class"]) == (429, "rate_limit")


def test_embedding_models_of_bedrock_make_embeddings() -> None:
    for model in ("amazon.titan-embed-text-v2:0", "cohere.embed-english-v3", "eu.cohere.embed-multilingual-v3"):
        named = {"gen_ai.operation.name": "text_completion", "gen_ai.request.model": model}
        assert only(scope=BEDROCK, **named)["operation"] == "embeddings"
    assert only(scope=BEDROCK, **{"gen_ai.operation.name": "text_completion"})["operation"] == "text_completion"


def test_two_instrumentations_of_vertex_ai_have_one_scope() -> None:
    scope = "opentelemetry.instrumentation.vertexai"
    call = only(log("gen_ai.user.message", {"content": "Hi"}), scope=scope, **{"gen_ai.system": "vertex_ai"})
    assert (call["dialect"], call["provider"]) == ("otel-legacy", "gcp.vertex_ai")
    assert messages(call["input_messages"]) == [text("user", "Hi")]
    numbered = {"llm.request.type": "chat", "gen_ai.system": "VertexAI", "gen_ai.request.model": "gemini-2.5-pro"}
    (other,) = calls(span(numbered, scope_name=scope))
    assert (other["dialect"], other["provider"]) == ("traceloop-old", "gcp.vertex_ai")
