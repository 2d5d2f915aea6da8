import json
from typing import Any

import duckdb
import pytest

from otel_cert.processors.genai import FACTORY, Genai
from tests.processors.rows import DIALECTS, START_NS, calls, chat, connect, evaluate, span, typed

MESSAGES = '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]'


def only(*spans: dict[str, Any], **more: Any) -> dict[str, Any]:
    (call,) = calls(*spans, **more)
    return call


def test_every_written_table_has_the_declared_schema() -> None:
    for con in (connect(), connect([chat()])):
        written = Genai(DIALECTS).evaluate(con)
        assert {name: rows.schema for name, rows in written.items()} == {t.name: t.arrow for t in FACTORY.writes}


def test_relations_of_the_steps_are_gone_afterwards() -> None:
    con = connect([chat()])
    evaluate(con)
    with pytest.raises(duckdb.CatalogException):
        con.sql("SELECT * FROM genai_spans")


def test_same_input_gives_the_same_rows_twice() -> None:
    con = connect([chat(number=n) for n in range(1, 20)])
    assert evaluate(con) == evaluate(con)


def test_only_model_calls_are_calls() -> None:
    http = span(
        {"http.request.method": "POST", "server.address": "api.openai.com"},
        scope_name="opentelemetry.instrumentation.httpx",
    )
    database = span({"db.system.name": "postgresql"}, number=2, scope_name="opentelemetry.instrumentation.psycopg")
    agent = span(
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper", "gen_ai.usage.input_tokens": 99},
        number=3,
    )
    workflow = span({"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "flow"}, number=4)
    tables = evaluate(connect([http, database, agent, workflow]))
    assert tables["genai_calls"] == []
    assert [(r["operation"], r["agent_name"], r["workflow_name"]) for r in tables["genai_agent_runs"]] == [
        ("invoke_agent", "helper", None),
        ("invoke_workflow", None, "flow"),
    ]


def test_unknown_dialect_yields_what_the_conventions_name() -> None:
    attributes = {"gen_ai.operation.name": "generate_content", "gen_ai.request.model": "gemini-2.5-pro"}
    usage = {"gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 3}
    call = only(span(attributes | usage, scope_name="com.example.own"))
    assert (call["dialect"], call["provider"], call["request_model"]) == ("unknown", None, "gemini-2.5-pro")
    assert (call["input_tokens_total"], call["output_tokens_total"]) == (7, 3)


def test_names_that_the_conventions_gave_up_are_read_as_today_s() -> None:
    old = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gemini-2.5-pro", "gen_ai.system": "gemini"}
    call = only(span(old, scope_name="com.example.own"))
    assert (call["dialect"], call["provider"]) == ("otel-legacy", "gcp.gemini")


def test_answer_without_an_operation_name_is_a_call() -> None:
    answered = span({"gen_ai.request.model": "m", "gen_ai.response.id": "r"}, scope_name="ai")
    asked = span({"gen_ai.request.model": "m"}, number=2, scope_name="ai")
    assert [(c["span_id"], c["operation"]) for c in calls(answered, asked)] == [(answered["span_id"], None)]


@pytest.mark.parametrize(
    ("sent", "operation"),
    [("Chat", "chat"), ("embedding", "embeddings"), ("responses", None), ("image_generation", None)],
)
def test_answer_under_another_operation_name_is_a_call(sent: str, operation: str | None) -> None:
    attributes = {"gen_ai.operation.name": sent, "gen_ai.request.model": "m", "gen_ai.response.id": "r"}
    assert only(span(attributes))["operation"] == operation


@pytest.mark.parametrize("sent", ["agent_step", "invoke_agent", "execute_task", "update_memory", "rerank"])
def test_what_sums_up_calls_is_none(sent: str) -> None:
    attributes = {
        "gen_ai.operation.name": sent, "gen_ai.request.model": "m", "gen_ai.response.finish_reasons": '["stop"]',
        "gen_ai.usage.input_tokens": 9,
    }  # fmt: skip
    assert calls(span(attributes)) == []


@pytest.mark.parametrize(
    ("attribute", "value", "column"),
    [
        ("gen_ai.usage.input_tokens", "many", "input_tokens_total"),
        ("gen_ai.usage.input_tokens", -1, "input_tokens_total"),
        ("gen_ai.usage.input_tokens", True, "input_tokens_total"),
        ("gen_ai.usage.input_tokens", 2**70, "input_tokens_total"),
        ("gen_ai.usage.output_tokens", [{"intValue": "3"}], "output_tokens_total"),
        ("gen_ai.response.time_to_first_chunk", float("nan"), "ttft_s"),
        ("gen_ai.response.time_to_first_chunk", float("inf"), "ttft_s"),
        ("gen_ai.response.time_to_first_chunk", -0.5, "ttft_s"),
        ("gen_ai.response.model", "", "response_model"),
        ("gen_ai.response.model", "gpt\0", "response_model"),
        ("gen_ai.response.model", [{"stringValue": "gpt"}], "response_model"),
        ("gen_ai.response.model", None, "response_model"),
        ("gen_ai.response.finish_reasons", [], "finish_reasons"),
        ("gen_ai.response.finish_reasons", 7, "finish_reasons"),
        ("gen_ai.input.messages", MESSAGES[:-5], "input_messages"),
        ("gen_ai.input.messages", MESSAGES.replace("Hi", "\0"), "input_messages"),
        ("gen_ai.input.messages", 5, "input_messages"),
        ("gen_ai.input.messages", [{"unheard": 1}, 3], "input_messages"),
        ("gen_ai.conversation.id", {"key": 1}, "conversation_id"),
    ],
)
def test_unreadable_value_is_null_and_nothing_else_is_lost(attribute: str, value: Any, column: str) -> None:
    call = only(chat(**{attribute: value}))
    assert call[column] is None
    assert (call["provider"], call["request_model"]) == ("openai", "gpt-4o-mini")


def test_values_sent_in_another_type_are_read() -> None:
    sent = {"gen_ai.usage.input_tokens": "14", "gen_ai.usage.output_tokens": 8.0, "gen_ai.request.stream": "True"}
    call = only(chat(**sent, **{"gen_ai.response.finish_reasons": '["tool_calls"]'}))
    assert (call["input_tokens_total"], call["output_tokens_total"], call["streaming"]) == (14, 8, True)
    assert (call["finish_reasons"], call["finish_reasons_raw"]) == (["tool_call"], ["tool_calls"])


def test_deeply_nested_content_is_no_error() -> None:
    assert only(chat(**{"gen_ai.input.messages": "[" * 50_000}))["input_messages"] is None


@pytest.mark.parametrize(("start", "end"), [(2**63 - 1, -(2**63)), (-(2**63), 2**63 - 1), (START_NS, START_NS - 1)])
def test_impossible_times_leave_the_duration_unknown(start: int, end: int) -> None:
    assert only(chat(fields={"start_unix_ns": start, "end_unix_ns": end}))["duration_ns"] is None


@pytest.mark.parametrize(("sent", "read"), [(-1, None), (10**12, 10**12), (10**12 + 1, None), (2**63 - 1, None)])
def test_a_count_that_no_call_can_have_is_unknown(sent: int, read: int | None) -> None:
    names = {"input_tokens_total": "input_tokens", "cache_read_tokens": "cache_read.input_tokens"}
    for column, name in names.items():
        assert only(chat(**{f"gen_ai.usage.{name}": sent}))[column] == read


def test_nothing_in_and_nothing_out_is_no_count() -> None:
    usage = {f"gen_ai.usage.{name}": 0 for name in ("input_tokens", "output_tokens", "cache_read.input_tokens")}
    call = only(chat(**usage))
    assert (call["input_tokens_total"], call["output_tokens_total"], call["tokens_source"]) == (None, None, "missing")
    assert call["cache_read_tokens"] == 0


def test_a_call_without_a_start_has_no_duration() -> None:
    assert only(chat(fields={"start_unix_ns": 0}))["duration_ns"] is None


def test_cache_that_input_tokens_leave_out_is_added() -> None:
    cached = {"gen_ai.usage.input_tokens": 200, "gen_ai.usage.cache_read.input_tokens": 1280}
    assert only(chat(**cached))["input_tokens_total"] == 1480
    inclusive = {"gen_ai.usage.input_tokens": 1480, "gen_ai.usage.cache_read.input_tokens": 1280}
    assert only(chat(**inclusive))["input_tokens_total"] == 1480
    few = {"gen_ai.usage.input_tokens": 200, "gen_ai.usage.cache_read.input_tokens": 100}
    bedrock = chat(**few, fields={"scope_name": "opentelemetry.instrumentation.bedrock"})
    assert only(bedrock)["input_tokens_total"] == 300


@pytest.mark.parametrize(
    ("error", "message", "error_class", "status"),
    [
        ("openai.RateLimitError", "Error code: 429 - slow down", "rate_limit", 429),
        ("429", "", "rate_limit", 429),
        ("openai.AuthenticationError", "", "auth", None),
        ("PermissionDeniedError", "Error code: 403 - no", "auth", 403),
        ("openai.APITimeoutError", "Request timed out.", "timeout", None),
        ("openai.BadRequestError", "Error code: 400 - {'code': 'content_filter'}", "content_filter", 400),
        ("openai.NotFoundError", "Error code: 404 - no such model", "invalid_request", 404),
        ("openai.InternalServerError", "", "server", None),
        ("overloaded_error", "", "server", None),
        ("KeyError", "'choices'", "other", None),
    ],
)
def test_errors_are_classed(error: str, message: str, error_class: str, status: int | None) -> None:
    failed = {"status_code": 2, "status_message": message}
    call = only(chat(**{"error.type": error, "gen_ai.response.model": "gpt-4o-mini"}, fields=failed))
    assert (call["error_type"], call["error_class"], call["http_status"]) == (error, error_class, status)
    assert (call["error_message"], call["response_model"]) == (message or None, None)


def test_error_without_a_type_takes_the_exception_event() -> None:
    event = {
        "name": "exception",
        "unix_ns": START_NS,
        **typed({"exception.type": "TimeoutError", "exception.message": "late"}),
    }
    call = only(chat(fields={"status_code": 2, "events": [event]}))
    assert (call["error_type"], call["error_class"], call["error_message"]) == ("TimeoutError", "timeout", "late")
    assert only(chat(fields={"status_code": 2}))["error_type"] == "_OTHER"
    assert only(chat(fields={"status_code": 1, "events": [event]}))["error_type"] is None


def test_request_parameters_keep_their_types() -> None:
    sent = {
        "temperature": 0.2,
        "max_tokens": 64,
        "stop_sequences": [{"stringValue": 'a"b'}],
        "top_p": float("nan"),
        "logit": True,
    }
    call = only(chat(**{f"gen_ai.request.{name}": value for name, value in sent.items()}))
    assert json.loads(call["request_params"]) == {
        "temperature": 0.2, "max_tokens": 64, "stop_sequences": ['a"b'], "top_p": "nan", "logit": True
    }  # fmt: skip
    assert only(chat())["request_params"] is None


def test_provider_is_azure_by_host_or_by_api_version() -> None:
    assert only(chat(server__address="x.openai.azure.com"))["provider"] == "azure.ai.openai"
    fields = {"scope_name": "opentelemetry.instrumentation.openai.v1"}
    assert only(chat(**{"gen_ai.openai.api_version": "2025-03-01"}, fields=fields))["provider"] == "azure.ai.openai"


def test_external_content_is_said_to_be_elsewhere() -> None:
    assert only(chat(**{"gen_ai.input.messages.ref": "s3://bucket/1"}))["content_state"] == "external_ref"


def test_structured_content_is_plain_json() -> None:
    part = {
        "kvlistValue": {
            "values": [{"key": "type", "value": {"stringValue": "text"}}, {"key": "n", "value": {"intValue": "1"}}]
        }
    }
    assert json.loads(only(chat(**{"gen_ai.system_instructions": [part]}))["system_instructions"]) == [
        {"type": "text", "n": 1}
    ]


def test_content_comes_from_the_event_only_where_the_span_has_none() -> None:
    bare, full = chat(number=1), chat(number=2, **{"gen_ai.input.messages": MESSAGES})
    logs = [
        {
            "trace_id": s["trace_id"],
            "span_id": s["span_id"],
            "unix_ns": 1,
            "sequence": 1,
            "event_name": name,
            **typed(attributes),
        }
        for s, name, attributes in (
            (
                bare,
                "",
                {"event.name": "gen_ai.client.inference.operation.details", "gen_ai.input.messages": '["event"]'},
            ),
            (full, "gen_ai.client.inference.operation.details", {"gen_ai.input.messages": '["event"]'}),
            (bare, "gen_ai.choice", {"gen_ai.input.messages": '["other"]'}),
        )
    ]
    found = {c["span_id"]: c["input_messages"] for c in calls(bare, full, logs=logs)}
    assert found == {bare["span_id"]: '["event"]', full["span_id"]: MESSAGES}


def test_tool_execution_and_retrieval() -> None:
    tool = span({
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather", "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.call.arguments": '{"city": "Oslo"}', "gen_ai.tool.call.result": "4 degrees", "error.type": "Late",
    })  # fmt: skip
    retrieval = span({
        "gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "kb", "gen_ai.retrieval.query.text": "Loire?",
        "gen_ai.retrieval.documents": '[{"id": "d1", "score": 0.5}, {"id": "d2", "score": "high"}]',
    }, number=2)  # fmt: skip
    tables = evaluate(connect([tool, retrieval]))
    (execution,), (found,) = tables["genai_tool_executions"], tables["genai_retrievals"]
    assert (execution["tool_name"], execution["tool_call_id"], execution["result"]) == (
        "get_weather",
        "c1",
        "4 degrees",
    )
    assert (json.loads(execution["arguments"]), execution["error_type"]) == ({"city": "Oslo"}, "Late")
    assert (found["data_source_id"], found["query"]) == ("kb", "Loire?")
    assert [(d["id"], d["score"]) for d in json.loads(found["documents"])] == [("d1", 0.5), ("d2", None)]


def test_same_ids_with_other_content_are_one_call() -> None:
    early, late = chat(fields={"content_hash": 1}), chat(seconds=2, fields={"content_hash": 2})
    assert only(early, late)["duration_ns"] == 2_000_000_000


RESPONSE = {"gen_ai.response.id": "resp-1"}
NATIVE = {"scope_name": "com.anthropic.sdk.python"}


def test_overlapping_records_of_one_response_are_one_call() -> None:
    outer = chat(number=1, seconds=3, **RESPONSE, **{"gen_ai.input.messages": MESSAGES})
    inner = chat(number=2, at_s=1, **RESPONSE, **{"gen_ai.usage.input_tokens": 5}, fields=NATIVE)
    call = only(outer, inner)
    assert (call["span_id"], call["input_tokens_total"], call["input_messages"]) == (inner["span_id"], 5, MESSAGES)
    assert (call["tokens_source"], call["content_state"]) == ("reported", "present")


def test_an_equal_response_id_alone_merges_nothing() -> None:
    later = chat(number=2, at_s=10, **RESPONSE, fields=NATIVE)
    elsewhere = chat(number=3, **RESPONSE, fields={**NATIVE, "resource_attributes": [("service.name", "other")]})
    same_scope = chat(number=4, at_s=0.1, **RESPONSE)
    assert len(calls(chat(number=1, **RESPONSE), later, elsewhere)) == 3
    assert len(calls(chat(number=1, **RESPONSE), same_scope)) == 2


def test_nested_records_without_an_id_are_one_call() -> None:
    outer = chat(number=1, seconds=3)
    inside = {"trace_id": outer["trace_id"], "parent_span_id": outer["span_id"]}
    assert len(calls(outer, chat(number=2, at_s=1, fields=inside))) == 1
    other_model = chat(number=3, at_s=1, gen_ai__request__model="o4-mini", fields=inside)
    assert len(calls(outer, other_model)) == 2


def test_failed_attempts_inside_a_call_stay_calls() -> None:
    outer = chat(number=1, seconds=5, **RESPONSE)
    inside = {"trace_id": outer["trace_id"], "parent_span_id": outer["span_id"], **NATIVE}
    failed = chat(number=2, at_s=1, **{"error.type": "rate_limit_error"}, fields=inside)
    succeeded = chat(number=3, at_s=3, **RESPONSE, fields=inside)
    assert [c["error_type"] for c in calls(outer, failed, succeeded)] == ["rate_limit_error", None]


def test_a_storm_of_failures_is_not_merged_into_one() -> None:
    spans = []
    for n in range(1, 11):
        spans.append(chat(number=n, at_s=n / 100, seconds=2, error__type="RateLimitError"))
        spans.append(chat(number=n + 100, at_s=n / 100 + 0.005, error__type="rate_limit_error", fields=NATIVE))
    assert len(calls(*spans)) == 10
