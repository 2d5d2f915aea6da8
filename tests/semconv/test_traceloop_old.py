"""Traceloop before 0.5x: numbered prompts and completions, LangChain's name for every provider, thoughts of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processors.rows import calls, connect, evaluate, span

SCOPE = "opentelemetry.instrumentation."
OPENAI = {"llm.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.request.model": "gpt-4o-mini"}


def only(attributes: dict[str, Any], scope: str = "openai.v1", **fields: Any) -> dict[str, Any]:
    (call,) = calls(span(attributes, scope_name=SCOPE + scope, **fields))
    assert call["dialect"] == "traceloop-old"
    return call


def test_numbered_messages_tools_and_choices() -> None:
    sent = {
        "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.10.role": "user", "gen_ai.prompt.10.content": "last",
        "gen_ai.prompt.2.role": "assistant", "gen_ai.prompt.2.tool_calls.0.id": "c1",
        "gen_ai.prompt.2.tool_calls.0.name": "f", "gen_ai.prompt.2.tool_calls.0.arguments": '{"x": 1}',
        "gen_ai.prompt.3.role": "tool", "gen_ai.prompt.3.tool_call_id": "c1", "gen_ai.prompt.3.content": "42",
        "gen_ai.completion.0.content": "A", "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "stop", "gen_ai.completion.1.content": "B",
        "gen_ai.completion.1.role": "assistant", "gen_ai.completion.1.finish_reason": "length",
        "llm.request.functions.0.name": "f", "llm.request.functions.0.parameters": '{"type": "object"}',
    }  # fmt: skip
    call = only(OPENAI | sent)
    roles = [(m["role"], [p["type"] for p in m["parts"]]) for m in json.loads(call["input_messages"])]
    assert roles == [
        ("system", ["text"]), ("assistant", ["tool_call"]), ("tool", ["tool_call_response"]), ("user", ["text"]),
    ]  # fmt: skip
    assert [m["parts"][0]["content"] for m in json.loads(call["output_messages"])] == ["A", "B"]
    assert call["finish_reasons"] == ["stop", "length"]
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object"}}]
    assert json.loads(call["tool_definitions"]) == tools


def test_a_thought_belongs_to_the_answer_after_it() -> None:
    thought = {
        "gen_ai.completion.0.role": "thinking", "gen_ai.completion.0.content": "hm",
        "gen_ai.completion.0.finish_reason": "end_turn",
        "gen_ai.completion.1.role": "assistant", "gen_ai.completion.1.content": "No.",
    }  # fmt: skip
    call = only(OPENAI | {"gen_ai.system": "Anthropic"} | thought, "anthropic")
    assert json.loads(call["output_messages"]) == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "No."}],
            "finish_reason": "end_turn",
        }
    ]


@pytest.mark.parametrize(
    ("scope", "name", "system", "provider"),
    [
        ("bedrock", "bedrock.converse", "anthropic", "aws.bedrock"),
        ("langchain", "ChatAnthropic.chat", "Langchain", "anthropic"),
        ("langchain", "AzureChatOpenAI.chat", "Langchain", "azure.ai.openai"),
        ("langchain", "ChatSomethingElse.chat", "Langchain", None),
        ("cohere", "cohere.chat", "Cohere", "cohere"),
    ],
)
def test_the_provider_behind_the_system(scope: str, name: str, system: str, provider: str | None) -> None:
    assert only(OPENAI | {"gen_ai.system": system}, scope, name=name)["provider"] == provider
    versioned = OPENAI | {"gen_ai.openai.api_version": "2025-03-01"}
    assert only(versioned)["provider"] == "azure.ai.openai"


def test_a_call_that_failed_before_anything_was_recorded_is_a_call() -> None:
    failed = {"status_code": 2, "status_message": "ThrottlingException: slow down", "name": "bedrock.converse"}
    call = only({}, "bedrock", **failed)
    assert (call["operation"], call["provider"], call["request_model"]) == ("chat", "aws.bedrock", None)
    assert call["error_class"] == "rate_limit"


def test_content_that_was_not_to_be_recorded_is_absent() -> None:
    roles = {"gen_ai.prompt.0.role": "user", "gen_ai.completion.0.role": "assistant"}
    call = only(OPENAI | roles)
    assert (call["input_messages"], call["output_messages"], call["content_state"]) == (None, None, "absent")


def test_tools_workflows_and_tasks_are_no_calls() -> None:
    kinds = [
        span(
            {"traceloop.span.kind": kind, "traceloop.entity.name": f"my {kind}", "traceloop.entity.input": '{"x": 1}',
             "traceloop.workflow.name": "flow"},
            number=number, scope_name="traceloop.tracer", name=f"my.{kind}",
        )
        for number, kind in enumerate(("tool", "workflow", "agent", "task"), 1)
    ]  # fmt: skip
    tables = evaluate(connect(kinds))
    assert tables["genai_calls"] == []
    assert [(t["tool_name"], t["arguments"]) for t in tables["genai_tool_executions"]] == [("my tool", '{"x": 1}')]
    assert [(r["operation"], r["workflow_name"]) for r in tables["genai_agent_runs"]] == [
        ("invoke_workflow", "flow"), ("invoke_agent", "flow"),
    ]  # fmt: skip


def test_newer_spans_of_the_same_scope_are_another_dialect() -> None:
    new = {"gen_ai.provider.name": "openai", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
    (call,) = calls(span(new, scope_name=f"{SCOPE}openai.v1"))
    assert call["dialect"] == "traceloop-new"


def test_what_langchain_s_callbacks_wrap_is_unwrapped() -> None:
    wrapped = {
        "traceloop.span.kind": "tool", "traceloop.entity.name": "get_weather",
        "traceloop.entity.input": json.dumps({"input_str": "{'city': 'Oslo', 'days': None}", "tags": ["seq:step:1"]}),
        "traceloop.entity.output": json.dumps(
            {"output": {"lc": 1, "kwargs": {"content": "4 degrees", "tool_call_id": "c1"}}, "kwargs": {}}
        ),
    }  # fmt: skip
    plain = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.input": '{"input_str": "Oslo"}',
        "traceloop.entity.output": "4",
    }
    scope = f"{SCOPE}langchain"
    tools = [span(wrapped, scope_name=scope), span(plain, number=2, scope_name=scope)]
    found = evaluate(connect(tools))["genai_tool_executions"]
    assert [(t["tool_call_id"], t["arguments"], t["result"]) for t in found] == [
        ("c1", '{"city":"Oslo","days":null}', "4 degrees"), (None, "Oslo", "4"),
    ]  # fmt: skip


def llamaindex(name: str, number: int, **attributes: Any) -> dict[str, Any]:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return span(
        {"traceloop.span.kind": "task", "traceloop.entity.name": name} | named,
        number=number, name=name, scope_name=f"{SCOPE}llamaindex",
    )  # fmt: skip


def test_steps_of_llamaindex_are_retrievals_tools_and_embeddings() -> None:
    node = {"node": {"id_": "n1", "text": "The Loire", "metadata": {"source": "a.md"}}, "score": 0.5}
    found = json.dumps([json.dumps(node), "no node"])
    ran = {"tool_id": "c1", "tool_output": {"raw_output": "4 degrees", "blocks": []}}
    steps = [
        llamaindex(
            "MyRetriever.task", 1, traceloop__entity__input='{"str_or_query_bundle": "How long?"}',
            traceloop__entity__output=found,
        ),
        llamaindex(
            "MyRetriever.task", 2, traceloop__entity__input='{"query_bundle": {"query_str": "How long?"}}',
            traceloop__entity__output=found,
        ),
        llamaindex(
            "BaseWorkflowAgent.task", 3, tool__name="f", tool__arguments='{"x": 1}',
            traceloop__entity__output=json.dumps(ran),
        ),
        llamaindex("BaseWorkflowAgent.task", 4, traceloop__entity__output="{}"),
        llamaindex(
            "OpenAIEmbedding.task", 5, gen_ai__operation__name="embeddings", gen_ai__request__model="m",
            traceloop__entity__input='{"texts": ["a", "b"]}',
        ),
        llamaindex("FunctionAgent.workflow", 6, traceloop__span__kind="workflow"),
    ]  # fmt: skip
    tables = evaluate(connect(steps))
    assert [(r["query"], json.loads(r["documents"])) for r in tables["genai_retrievals"]] == [
        ("How long?", [{"id": "n1", "text": "The Loire", "score": 0.5, "metadata": {"source": "a.md"}}])
    ]
    tools = [
        [t[key] for key in ("tool_name", "tool_call_id", "arguments", "result")]
        for t in tables["genai_tool_executions"]
    ]
    assert tools == [["f", "c1", '{"x": 1}', "4 degrees"]]
    (call,) = tables["genai_calls"]
    assert [m["parts"][0]["content"] for m in json.loads(call["input_messages"])] == ["a", "b"]
    assert (call["operation"], call["agent_name"], call["workflow_name"]) == ("embeddings", None, None)
    assert [(r["operation"], r["workflow_name"]) for r in tables["genai_agent_runs"]] == [
        ("invoke_workflow", "FunctionAgent.workflow")
    ]


@pytest.mark.parametrize(
    "sent", ["[", "7", "[7]", '["{\\"node\\": 7}"]', '{"tool_output": 7}', "null", "\ud7ff", "[" * 50_000]
)
def test_steps_in_other_shapes_are_no_errors(sent: str) -> None:
    told = {"traceloop__entity__input": '{"str_or_query_bundle": 7}', "traceloop__entity__output": sent}
    steps = [llamaindex("MyRetriever.task", 1, **told), llamaindex("BaseWorkflowAgent.task", 2, tool__name="f", **told)]
    tables = evaluate(connect(steps))
    assert [len(tables[name]) for name in ("genai_retrievals", "genai_tool_executions", "genai_calls")] == [1, 1, 0]


def test_a_missing_finish_reason_is_not_unreadable() -> None:
    call = only(
        OPENAI | {"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "A", "llm.user": "u-1"}
    )
    assert (call["finish_reasons"], call["unreadable"], call["user_id"]) == (None, None, "u-1")
