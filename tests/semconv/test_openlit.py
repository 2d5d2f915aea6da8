"""OpenLIT: tokens that it counted itself, parameters that nobody gave, text for messages, failures that only have a name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processors.rows import START_NS, calls, connect, evaluate, span, typed

CHAT = {"telemetry.sdk.name": "openlit", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
NEW = {"gen_ai.provider.name": "openai"}
OLD = {"gen_ai.system": "openai"}
TOKENS = {"gen_ai.usage.input_tokens": 200, "gen_ai.usage.output_tokens": 9}


def new(attributes: dict[str, Any], library: str = "openai", **fields: Any) -> dict[str, Any]:
    (call,) = calls(span(CHAT | NEW | attributes, scope_name=f"openlit.instrumentation.{library}", **fields))
    assert call["dialect"] == "openlit-new"
    return call


def old(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (call,) = calls(span(CHAT | OLD | attributes, scope_name="openlit.otel.tracing", **fields))
    assert call["dialect"] == "openlit-old"
    return call


def test_tokens_of_a_stream_that_tells_none_are_an_estimate() -> None:
    stream, cache = {"gen_ai.request.stream": True}, {"gen_ai.usage.cache_read.input_tokens": 0}
    sources = [
        new(TOKENS | more)["tokens_source"] for more in (stream, stream | cache, {}, {"gen_ai.request.stream": False})
    ]
    assert sources == ["estimated", "reported", "reported", "reported"]


def test_older_versions_count_the_tokens_of_openai_s_streams_themselves() -> None:
    stream, counted = (
        {"gen_ai.request.is_stream": True},
        {"gen_ai.usage.input_tokens": 13, "gen_ai.usage.output_tokens": 3},
    )
    assert old(counted | stream)["tokens_source"] == "estimated"
    assert old(counted)["tokens_source"] == "reported"
    assert old(counted | stream | {"gen_ai.system": "anthropic"})["tokens_source"] == "reported"


@pytest.mark.parametrize("said", ["Hallo!", "Hallo"])
def test_half_the_characters_is_an_estimate_whoever_answered(said: str) -> None:
    answered = {"gen_ai.request.is_stream": True, "gen_ai.usage.input_tokens": 13, "gen_ai.completion": said}
    for system in ("openai", "ollama"):
        sources = [
            old(answered | {"gen_ai.system": system, "gen_ai.usage.output_tokens": n})["tokens_source"] for n in (3, 2)
        ]
        assert sources == ["estimated", "reported"]


@pytest.mark.parametrize(("library", "total"), [("openai", 200), ("anthropic", 1480 - 1080), ("bedrock", 1480 - 1080)])
def test_what_the_cache_held_is_added_where_it_is_left_out(library: str, total: int) -> None:
    cached = {"gen_ai.usage.cache_read.input_tokens": 150, "gen_ai.usage.cache_creation.input_tokens": 50}
    assert new(TOKENS | cached, library)["input_tokens_total"] == total


def test_a_price_of_zero_is_unknown() -> None:
    assert [new({"gen_ai.usage.cost": cost})["cost_recorded_usd"] for cost in (0, 0.0, 0.25)] == [None, None, 0.25]
    assert old({"gen_ai.usage.cost": 0})["cost_recorded_usd"] is None


def test_parameters_that_nobody_gave_are_left_out() -> None:
    sent = {
        "seed": 0, "frequency_penalty": 0.0, "presence_penalty": 0.0, "temperature": 1.0, "top_p": 1.0, "user": "",
        "max_tokens": -1, "is_stream": False,
    }  # fmt: skip
    assert old({f"gen_ai.request.{name}": value for name, value in sent.items()})["request_params"] is None
    given = {"gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 64, "gen_ai.request.user": "u-1"}
    call = new(given)
    assert json.loads(call["request_params"]) == {"temperature": 0.2, "max_tokens": 64, "user": "u-1"}
    assert call["user_id"] == "u-1"


def test_the_first_token_is_one_of_a_stream_only() -> None:
    first = {"gen_ai.server.time_to_first_token": 0.25}
    assert new(first | {"gen_ai.request.stream": True})["ttft_s"] == 0.25
    call = new(first | {"gen_ai.request.stream": False})
    assert (call["ttft_s"], call["streaming"]) == (None, False)


def test_lines_become_messages_again() -> None:
    prompt = "system: Be brief.\nuser: One\ntwo\nassistant: Yes?\nuser: Go on."
    call = old(
        {
            "gen_ai.prompt": prompt,
            "gen_ai.completion": "Done.",
            "gen_ai.response.finish_reasons": [{"stringValue": "stop"}],
        }
    )
    spoken = [(m["role"], m["parts"][0]["content"]) for m in json.loads(call["input_messages"])]
    assert spoken == [("system", "Be brief."), ("user", "One\ntwo"), ("assistant", "Yes?"), ("user", "Go on.")]
    assert json.loads(call["output_messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Done."}], "finish_reason": "stop"}
    ]


def test_text_without_a_role_is_the_user_s() -> None:
    call = old({"gen_ai.operation.name": "embeddings", "gen_ai.prompt": "rivers\nuser: of France"})
    assert json.loads(call["input_messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "rivers\nuser: of France"}]}
    ]


def test_the_whole_request_as_python_wrote_it_is_read_instead_of_its_lines() -> None:
    request = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]}]  # fmt: skip
    call = old({"gen_ai.prompt": f"user: Hi\nuser: {request!r}"})
    roles = [(m["role"], [p["type"] for p in m["parts"]]) for m in json.loads(call["input_messages"])]
    assert roles == [("user", ["text"]), ("assistant", ["tool_call"])]


def test_a_request_that_is_no_literal_stays_text() -> None:
    call = old({"gen_ai.prompt": "user: [{'role': 'user'}, Message(role='assistant')]"})
    (message,) = json.loads(call["input_messages"])
    assert message["parts"] == [{"type": "text", "content": "[{'role': 'user'}, Message(role='assistant')]"}]


def test_content_may_be_in_events_only() -> None:
    events = [
        {"name": f"gen_ai.content.{name}", "unix_ns": START_NS, **typed({f"gen_ai.{name}": text})}
        for name, text in (("prompt", "user: Hi"), ("completion", "Hello."))
    ]
    call = old({}, events=events)
    assert [json.loads(call[name])[0]["parts"][0]["content"] for name in ("input_messages", "output_messages")] == [
        "Hi", "Hello.",
    ]  # fmt: skip


TOOL = {"gen_ai.completion": "", "gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c1"}


@pytest.mark.parametrize("sent", ['{"x": "1, \\u00e9"}', "{'x': '1, é'}"])
def test_arguments_of_a_tool_are_json_or_a_literal(sent: str) -> None:
    call = old(TOOL | {"gen_ai.tool.args": sent})
    (part,) = json.loads(call["output_messages"])[0]["parts"]
    assert part == {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": "1, é"}}


@pytest.mark.parametrize(
    ("ids", "sent", "read"),
    [
        ("c1, c2", '{"x": 1, "y": 2}, {}', [("c1", {"x": 1, "y": 2}), ("c2", {})]),
        ("c1", '{"x": 1}', [(None, None), (None, None)]),
        ("c1, c2", '{"x": 1}, {"x"', [("c1", None), ("c2", None)]),
    ],
)
def test_several_tool_calls_are_told_apart_where_they_can_be(ids: str, sent: str, read: list[Any]) -> None:
    call = old(TOOL | {"gen_ai.tool.name": "f, g", "gen_ai.tool.call.id": ids, "gen_ai.tool.args": sent})
    parts = json.loads(call["output_messages"])[0]["parts"]
    assert [p["name"] for p in parts] == ["f", "g"]
    assert [(p["id"], p["arguments"]) for p in parts] == read


def test_content_that_was_not_to_be_recorded_is_absent() -> None:
    call = old({name: value for name, value in TOOL.items() if name != "gen_ai.completion"})
    assert (call["output_messages"], call["content_state"]) == (None, "absent")


def failed(name: str, scope: str, error_type: str, **attributes: Any) -> dict[str, Any] | None:
    exception = {"exception.type": error_type, "exception.message": "Error code: 429 - slow down"}
    event = {"name": "exception", "unix_ns": START_NS, **typed(exception)}
    row = span(attributes, scope_name=scope, name=name, status_code=2, events=[event])
    return next(iter(calls(row)), None)


@pytest.mark.parametrize(
    ("scope", "error_type", "provider"),
    [
        ("openlit.instrumentation.anthropic", "anthropic.RateLimitError", "anthropic"),
        ("openlit.instrumentation.bedrock", "KeyError", "aws.bedrock"),
        ("openlit.otel.tracing", "openai.RateLimitError", "openai"),
        ("openlit.otel.tracing", "botocore.errorfactory.ThrottlingException", "aws.bedrock"),
    ],
)
def test_a_failed_call_is_known_by_its_name(scope: str, error_type: str, provider: str) -> None:
    call = failed("chat some-model-1", scope, error_type)
    assert call is not None
    assert (call["operation"], call["provider"], call["request_model"]) == ("chat", provider, "some-model-1")
    assert (call["error_class"], call["http_status"], call["streaming"]) == ("rate_limit", 429, False)


def test_of_a_failed_stream_the_type_of_the_error_is_sent() -> None:
    call = failed(
        "chat m", "openlit.instrumentation.anthropic", "anthropic.RateLimitError", **{"error.type": "RateLimitError"}
    )
    assert call is not None
    assert (call["request_model"], call["streaming"], call["error_type"]) == ("m", None, "RateLimitError")


def test_other_failures_are_no_calls() -> None:
    assert failed("chat my agent", "openlit.otel.tracing", "ValueError") is None
    assert failed("create_index openai", "openlit.otel.tracing", "openai.RateLimitError") is None
    assert calls(span({}, scope_name="openlit.instrumentation.anthropic", name="chat m")) == []


def test_searches_of_vector_stores_are_retrievals() -> None:
    common = {"telemetry.sdk.name": "openlit", "gen_ai.operation.name": "vectordb", "db.collection.name": "rivers"}
    sent = [
        span(
            common | {"db.operation.name": name, "db.query.text": "Loire"}, number=number, scope_name=f"openlit.{scope}"
        )
        for number, (name, scope) in enumerate(
            (("QUERY", "instrumentation.chroma"), ("SEARCH", "otel.tracing"), ("INSERT", "instrumentation.chroma")), 1
        )
    ]
    tables = evaluate(connect(sent))
    assert tables["genai_calls"] == []
    assert [(r["data_source_id"], r["query"]) for r in tables["genai_retrievals"]] == [("rivers", "Loire")] * 2


def test_tools_and_workflows_of_older_versions() -> None:
    common = {"telemetry.sdk.name": "openlit", "gen_ai.system": "langchain"}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.input": "{'x': 1}", "gen_ai.tool.output": "42"}
    scope = "openlit.otel.tracing"
    sent = [
        span(common | tool, scope_name=scope),
        span(common | {"gen_ai.operation.name": "workflow"}, number=2, scope_name=scope),
    ]
    tables = evaluate(connect(sent))
    assert [(t["arguments"], t["result"]) for t in tables["genai_tool_executions"]] == [("{'x': 1}", "42")]
    assert [r["operation"] for r in tables["genai_agent_runs"]] == ["invoke_workflow"]
    assert tables["genai_calls"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"gen_ai.prompt": [{"stringValue": "user"}]}, {"gen_ai.prompt": 7}, {"gen_ai.prompt": "user: [{" * 5000},
        {"gen_ai.completion": 7},
        {"gen_ai.tool.name": [{"stringValue": "f"}]}, {"gen_ai.tool.args": 7}, {"gen_ai.tool.args": "[" * 100_000},
        {"gen_ai.request.is_stream": "yes"}, {"gen_ai.usage.output_tokens": "3"}, {"gen_ai.usage.cost": "free"},
        {"gen_ai.server.time_to_first_token": "soon", "gen_ai.request.is_stream": True},
        {"gen_ai.request.top_k": [{"intValue": "1"}]}, {"gen_ai.response.finish_reasons": {"a": 1}},
    ],
)  # fmt: skip
def test_other_types_are_no_errors(changed: dict[str, Any]) -> None:
    sent = TOOL | {"gen_ai.prompt": "user: Hi", "gen_ai.tool.args": "{}"} | changed
    assert old(sent)["request_model"] == "gpt-4o-mini"
    assert new(sent)["request_model"] == "gpt-4o-mini"


def test_blocks_within_a_part_are_parts() -> None:
    blocks = [
        {"role": "system", "parts": [{"type": "text", "content": [{"type": "text", "text": "A"}, {"text": "B"}]}]}
    ]
    (message,) = json.loads(new({"gen_ai.input.messages": json.dumps(blocks)}, "anthropic")["input_messages"])
    assert [p["content"] for p in message["parts"]] == ["A", "B"]
