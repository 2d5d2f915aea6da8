"""Spans of one form are read together: what one says must not depend on the others."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_cert.processors.genai import Genai
from otel_cert.semconv import otel
from otel_cert.semconv.combinators import derived
from otel_cert.semconv.dialect import Dialect
from tests.processors.rows import calls, connect, evaluate, span

SCOPES = ("opentelemetry.instrumentation.genai.openai", "openinference.instrumentation.openai", "litellm", "ai", "mine")
NAMES = (
    "gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.id", "gen_ai.response.finish_reasons",
    "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens", "gen_ai.output.messages", "otel_cert.added",
    "openinference.span.kind", "output.value", "output.mime_type", "llm.output_messages.0.message.content",
    "ai.operationId", "hidden_params",
)  # fmt: skip
VALUES = (
    "chat", "execute_tool", "LLM", "application/json", "ai.generateText.doGenerate", "", "x\0", "\u202e🙂", 7, -1, 10**15,
    float("inf"), True, None, b"AA==", "{broken", '{"choices": 5, "usage": [], "id": {}}',
    '{"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}], "id": "c"}',
    '[{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}], "finish_reason": "stop"}]',
    [{"stringValue": "gen_ai.response.id"}, {"intValue": "1"}], [{"key": "a", "value": {"boolValue": True}}, 5],
)  # fmt: skip
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=6)


def of_number(number: int, scope_name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a span of a process of its own, so that it is never taken for a record of another's call."""
    resource = [("service.name", "shop"), ("service.instance.id", str(number))]
    row = span(attributes, number=number, scope_name=scope_name, resource_attributes=resource, status_code=number % 3)
    return row | {"gen_ai_operation_name": None, "gen_ai_request_model": None}  # columns that `genai` does not read


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(SCOPES), ATTRIBUTES, st.integers(1, 3)), min_size=1, max_size=4))
def test_each_span_is_read_as_if_it_were_alone(sent: list[tuple[str, dict[str, Any], int]]) -> None:
    spans = [
        of_number(10 * kind + copy, scope_name, {**attributes, "gen_ai.conversation.id": f"{copy}"})
        for kind, (scope_name, attributes, copies) in enumerate(sent, start=1)
        for copy in range(copies)
    ]
    alone: dict[str, list[dict[str, Any]]] = {}
    for one in spans:
        for table, rows in evaluate(connect([one])).items():
            alone.setdefault(table, []).extend(rows)
    together = evaluate(connect(spans))
    assert {table: sorted(map(repr, rows)) for table, rows in together.items()} == {
        table: sorted(map(repr, rows)) for table, rows in alone.items()
    }


def test_spans_of_one_form_may_be_of_different_operations() -> None:
    named = ("chat", "invoke_agent", "embeddings", "execute_tool", "chat")
    sent = [
        of_number(n, SCOPES[0], {"gen_ai.operation.name": name, "gen_ai.request.model": f"m{n}"})
        for n, name in enumerate(named)
    ]
    found = evaluate(connect(sent))
    assert [(row["operation"], row["request_model"]) for row in found["genai_calls"]] == [
        ("chat", "m0"), ("embeddings", "m2"), ("chat", "m4"),
    ]  # fmt: skip
    assert [len(found[name]) for name in ("genai_agent_runs", "genai_tool_executions")] == [1, 1]


def test_what_cannot_be_read_in_one_span_is_read_in_the_next() -> None:
    sent = [
        of_number(n, SCOPES[0], {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": tokens})
        for n, tokens in enumerate(("12", "many", "", "14"))
    ]
    found = [(row["input_tokens_total"], row["unreadable"]) for row in calls(*sent)]
    assert found == [(12, None), (None, ["input_tokens"]), (None, None), (14, None)]


def test_a_source_that_fails_is_unreadable_for_all_that_is_made_of_it() -> None:
    length = derived("mine.length", lambda sent: 10 // int(sent))
    dialect = Dialect(
        name="mine",
        scopes=("mine",),
        fields={
            **otel.FIELDS,
            "input_tokens": (derived(length, lambda n: n + 1), "gen_ai.usage.input_tokens"),
            "output_tokens": (derived(length, lambda n: n + 2),),
        },
    )
    sent = [
        of_number(n, "mine", {"gen_ai.operation.name": "chat", "mine.length": text, "gen_ai.usage.input_tokens": 5})
        for n, text in enumerate(("2", "0"))
    ]
    rows = evaluate(connect(sent), Genai([dialect]))["genai_calls"]
    assert [(row["input_tokens_total"], row["output_tokens_total"], row["unreadable"]) for row in rows] == [
        (6, 7, None), (5, None, ["input_tokens", "output_tokens"]),
    ]  # fmt: skip
