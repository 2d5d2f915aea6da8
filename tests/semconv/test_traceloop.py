"""Traceloop since it names providers: what LangChain puts into its association properties, streams, Azure, Bedrock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processors.rows import START_NS, calls, connect, evaluate, span, typed

SCOPE = "opentelemetry.instrumentation."
CHAT = {"gen_ai.provider.name": "openai", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
PROPERTY = "traceloop.association.properties."


def only(attributes: dict[str, Any], library: str = "openai.v1", **fields: Any) -> dict[str, Any]:
    (call,) = calls(span(CHAT | attributes, scope_name=SCOPE + library, **fields))
    assert call["dialect"] == "traceloop-new"
    return call


def test_who_and_what_is_associated() -> None:
    told = {f"{PROPERTY}{name}": value for name, value in
            {"session_id": "s1", "thread_id": "t1", "user_id": "u1", "lc_agent_name": "helper"}.items()}  # fmt: skip
    call = only(told | {"traceloop.workflow.name": "flow"}, "langchain")
    names = ("conversation_id", "user_id", "agent_name", "workflow_name")
    assert [call[name] for name in names] == ["s1", "u1", "helper", "flow"]
    assert only({f"{PROPERTY}thread_id": "t1"}, "langchain")["conversation_id"] == "t1"
    said = {
        "gen_ai.conversation.id": "c1",
        "gen_ai.user": "u2",
        "gen_ai.agent.name": "a1",
        "gen_ai.workflow.name": "w1",
    }
    assert [only(told | said)[name] for name in names] == ["c1", "u2", "a1", "w1"]


@pytest.mark.parametrize(
    ("library", "sent", "streaming"),
    [
        ("openai.v1", {"gen_ai.is_streaming": True}, True),
        ("openai.v1", {"gen_ai.is_streaming": False}, False),
        ("openai.v1", {}, None),
        ("langchain", {}, None),
        ("anthropic", {}, False),
        ("anthropic", {"gen_ai.is_streaming": "true"}, True),
    ],
)
def test_streams(library: str, sent: dict[str, Any], streaming: bool | None) -> None:
    assert only(sent, library)["streaming"] is streaming


def test_the_first_chunk_is_an_event() -> None:
    chunks = [
        {"name": "gen_ai.content.completion.chunk", "unix_ns": START_NS + at, **typed({})}
        for at in (500_000_000, 250_000_000)
    ]
    assert only({"gen_ai.is_streaming": True}, events=chunks)["ttft_s"] == 0.25


def test_azure_is_known_by_its_api_version() -> None:
    assert only({"gen_ai.openai.api_version": "2025-03-01"})["provider"] == "azure.ai.openai"
    assert only({"gen_ai.openai.api_version": ""})["provider"] == "openai"


@pytest.mark.parametrize(("library", "total"), [("bedrock", 400), ("anthropic", 200), ("openai.v1", 200)])
def test_bedrock_counts_tokens_beside_its_cache(library: str, total: int) -> None:
    usage = {
        "gen_ai.usage.input_tokens": 200, "gen_ai.usage.cache_read.input_tokens": 150,
        "gen_ai.usage.cache_creation.input_tokens": 50, "gen_ai.usage.reasoning_tokens": 7,
    }  # fmt: skip
    call = only(usage, library)
    assert (call["input_tokens_total"], call["cache_write_tokens"], call["reasoning_tokens"]) == (total, 50, 7)


def test_langchain_s_retrievals_and_tools() -> None:
    documents = {"documents": [{"page_content": "The Loire", "metadata": {"source": "a.md"}}]}
    wrapped = {"output": {"kwargs": {"content": "4 degrees", "tool_call_id": "c1"}}}
    sent = [
        {"gen_ai.operation.name": "vector_db_retrieve", "gen_ai.task.input": '{"query": "How long?"}',
         "gen_ai.task.output": json.dumps(documents)},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f",
         "gen_ai.tool.call.arguments": '{"input_str": "{\'x\': 1}"}', "gen_ai.tool.call.result": json.dumps(wrapped)},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c2",
         "gen_ai.tool.call.arguments": '{"x": 1}', "gen_ai.tool.call.result": "42"},
    ]  # fmt: skip
    provider = {"gen_ai.provider.name": "langchain"}
    tables = evaluate(
        connect([span(provider | s, number=n, scope_name=f"{SCOPE}langchain") for n, s in enumerate(sent, 1)])
    )
    (retrieval,) = tables["genai_retrievals"]
    assert retrieval["query"] == "How long?"
    assert [(d["text"], d["metadata"]) for d in json.loads(retrieval["documents"])] == [
        ("The Loire", {"source": "a.md"})
    ]
    ran = [(t["tool_call_id"], json.loads(t["arguments"]), t["result"]) for t in tables["genai_tool_executions"]]
    assert ran == [("c1", {"x": 1}, "4 degrees"), ("c2", {"x": 1}, "42")]
    assert tables["genai_calls"] == []


def test_content_that_was_not_to_be_recorded_is_absent() -> None:
    usage = {"gen_ai.usage.input_tokens": 5, "gen_ai.response.finish_reasons": [{"stringValue": "stop"}]}
    call = only(usage)
    assert (call["input_messages"], call["content_state"], call["finish_reasons"]) == (None, "absent", ["stop"])


@pytest.mark.parametrize(
    "changed",
    [
        {"gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "te'}, {"gen_ai.output.messages": "7"},
        {"gen_ai.input.messages": "[" * 50_000}, {"gen_ai.tool.definitions": "{}"},
    ],
)  # fmt: skip
def test_broken_content_is_unreadable_and_nothing_else_is_lost(changed: dict[str, Any]) -> None:
    call = only({"gen_ai.response.id": "r1"} | changed)
    (field,) = (name.removeprefix("gen_ai.").replace(".", "_") for name in changed)
    assert (call[field], call["unreadable"], call["response_id"]) == (None, [field], "r1")
