"""Messages of every provider and library in the one schema of the conventions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.semconv import fields, messages

TEXT = {"type": "text", "content": "Hi"}
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}}
ANSWER = {"type": "tool_call_response", "id": "c1", "response": "42"}
THOUGHT = {"type": "reasoning", "content": "hm"}

ASSISTANT = [
    ("OpenAI chat", {
        "role": "assistant", "content": "Hi", "reasoning_content": "hm",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
    }),
    ("OpenAI Responses", {"role": "assistant", "content": [
        {"type": "reasoning", "text": "hm"}, {"type": "output_text", "text": "Hi"},
        {"type": "function_call", "call_id": "c1", "id": "fc_1", "name": "f", "arguments": '{"x": 1}'},
    ]}),
    ("Anthropic", {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "Hi"},
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}},
    ]}),
    ("Bedrock", {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "Hi"},
        {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"x": 1}}},
    ]}),
    ("AI SDK", {"role": "assistant", "content": [
        {"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Hi"},
        {"type": "tool-call", "toolCallId": "c1", "toolName": "f", "input": {"x": 1}},
    ]}),
    ("LangChain", {"lc": 1, "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": {
        "content": "Hi", "reasoning_content": "hm", "tool_calls": [{"id": "c1", "name": "f", "args": {"x": 1}}],
    }}),
    ("OpenInference", {"message": {"role": "assistant", "reasoning_content": "hm",
        "contents": [{"message_content": {"type": "text", "text": "Hi"}}],
        "tool_calls": [{"tool_call": {"id": "c1", "function": {"name": "f", "arguments": '{"x": 1}'}}}],
    }}),
    ("LiteLLM", {"role": "assistant", "reasoning_content": "hm", "parts": [TEXT], "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]}),
]  # fmt: skip
TOOL = [
    ("OpenAI chat", {"role": "tool", "tool_call_id": "c1", "content": "42"}),
    ("OpenAI chat, blocks", {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "42"}]}),
    ("Anthropic", {"role": "tool", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "42"}]}),
    ("Bedrock", {"role": "tool", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "42"}]}}]}),
    ("AI SDK", {"role": "tool", "content": [
        {"type": "tool-result", "toolCallId": "c1", "toolName": "f", "output": {"type": "text", "value": "42"}}]}),
    ("conventions' examples", {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "42"}]}),
    ("legacy event", {"role": "tool", "id": "c1", "content": "42"}),
    ("OpenInference", {"message": {"role": "tool", "tool_call_id": "c1", "content": "42"}}),
]  # fmt: skip


def read(value: Any) -> Any:
    return json.loads(fields.content(value) or "null")


@pytest.mark.parametrize("sent", [sent for _, sent in ASSISTANT], ids=[name for name, _ in ASSISTANT])
def test_an_answer_with_thought_text_and_tool_call(sent: dict[str, Any]) -> None:
    (message,) = read([sent])
    assert message == {"role": "assistant", "parts": [THOUGHT, TEXT, CALL]}


@pytest.mark.parametrize("sent", [sent for _, sent in TOOL], ids=[name for name, _ in TOOL])
def test_the_answer_of_a_tool(sent: dict[str, Any]) -> None:
    (message,) = read([sent])
    assert (message["role"], message["parts"]) == ("tool", [ANSWER])


def test_what_is_in_the_schema_already_stays_as_it_was_sent() -> None:
    sent = '[{"role": "user",  "parts": [{"type": "text", "content": "Hi", "own": 1}], "name": null}]'
    assert fields.content(sent) is sent


def test_a_part_of_no_known_type_keeps_what_it_says() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    (message,) = read([{"role": "user", "content": ["Look", picture, {"odd": 1}]}])
    assert message["parts"] == [{"type": "text", "content": "Look"}, picture, {"type": "unknown", "odd": 1}]


def test_arguments_that_are_no_json_stay_text() -> None:
    (message,) = read(
        [{"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"x'}}]}]
    )
    assert message["parts"][0]["arguments"] == '{"x'


def test_system_instructions_are_parts() -> None:
    for sent in ("Be brief.", ["Be brief."], [{"type": "text", "text": "Be brief."}], '["Be brief."]'):
        assert json.loads(fields.instructions(sent) or "") == [{"type": "text", "content": "Be brief."}]


def test_tool_definitions_of_every_provider() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    tool = {"type": "function", "name": "f", "description": "d", "parameters": schema}
    for sent in (
        tool,
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema}},
        {"name": "f", "description": "d", "input_schema": schema},
        {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": schema}}},
        json.dumps({"type": "function", "name": "f", "description": "d", "inputSchema": schema}),
        {"name": "f", "description": "d", "parameters": json.dumps(schema)},
    ):
        assert json.loads(fields.tools([sent]) or "") == [tool]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "parts", "type", "tool_calls", "function", "message", "contents", "lc", "kwargs", "id",
                 "name", "toolUse", "toolResult", "text", "arguments", "reasoningContent", "output", "message_content",
                 "tool_call", "finish_reason", "toolSpec", "inputSchema", "messages"]
            )
            | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_anything_is_read_or_refused(sent: Any) -> None:
    for reader in (fields.content, fields.instructions, fields.tools, fields.json, fields.any_text, fields.texts):
        value = reader(sent)
        assert value is None or isinstance(value, str | list)


@given(st.lists(JSON, min_size=1))
def test_what_was_read_once_is_read_again_unchanged(sent: list[Any]) -> None:
    first = fields.content(sent)
    if first is not None and all(isinstance(m, dict) for m in json.loads(first)):
        assert messages.normal(json.loads(first)) == json.loads(first)
