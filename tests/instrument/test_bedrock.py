"""Bedrock through boto3 under `otel-cert run`, compared with what the loopback server counted and with the bare client."""

import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util.genai.handler import TelemetryHandler

from otel_cert.instrument.bedrock import shapes
from otel_cert.instrument.bedrock.exchange import Exchange
from tests.instrument.conftest import assert_counts, messages
from tests.providers.truth import ANSWER, CLAUDE, CLAUDE_CALLED, INVOKED, TOKENS, TOOL, TOOL_ARGUMENTS

APP = ("bedrock_app.py",)

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def span_of(runs, case):
    return runs.span_of(case, scope="otel_cert.instrument.bedrock")


def test_the_application_sees_the_same_with_and_without(runs):
    assert runs.recorded == runs.bare
    assert runs.warnings == ""
    assert runs.bare["invoke_and_read_in_parts"][1] == "StreamingBody"
    assert runs.bare["converse_stream"] == [ANSWER, len(TOKENS) + 4, True, "EventStream"]


def test_converse_is_recorded_whole(runs):
    span = span_of(runs, "converse")
    assert span.name == f"chat {MODEL}"
    assert span.attributes["gen_ai.provider.name"] == "aws.bedrock"
    assert span.attributes["gen_ai.request.model"] == MODEL
    assert span.attributes["gen_ai.request.temperature"] == 0.25
    assert span.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert_counts(span, CLAUDE)
    assert json.loads(span.attributes["gen_ai.system_instructions"])[0]["content"] == "Be brief."
    assert messages(span, "input")[0]["parts"][0]["content"] == "What is Oslo?"
    assert messages(span)[0]["parts"][0]["content"] == ANSWER


def test_tool_use_and_its_result_are_recorded(runs):
    called, answered = runs.spans_of("converse_tools")
    assert_counts(called, CLAUDE_CALLED)
    part = messages(called)[0]["parts"][0]
    assert (part["type"], part["name"], part["arguments"]) == ("tool_call", TOOL, TOOL_ARGUMENTS)
    assert [tool["name"] for tool in json.loads(called.attributes["gen_ai.tool.definitions"])] == [TOOL]
    assert messages(answered, "input")[-1]["parts"][0]["response"] == [{"text": "4 degrees"}]


def test_a_streamed_tool_call_has_its_arguments_together(runs):
    part = messages(span_of(runs, "converse_stream_tools"))[0]["parts"][0]
    assert (part["name"], part["id"], part["arguments"]) == (TOOL, "tooluse_1", TOOL_ARGUMENTS)


@pytest.mark.parametrize(
    ("case", "usage"),
    [
        ("converse_stream", CLAUDE),
        ("invoke_stream_claude", CLAUDE),
        ("invoke_stream_llama", INVOKED),
        ("invoke_stream_titan", INVOKED),
    ],
)
def test_a_stream_is_recorded_to_its_end(runs, case, usage):
    span = span_of(runs, case)
    assert_counts(span, usage)
    assert span.attributes["gen_ai.request.stream"] is True
    assert 0 < span.attributes["gen_ai.response.time_to_first_chunk"] < (span.end - span.start) / 1e9
    assert messages(span)[0]["parts"][0]["content"] == ANSWER
    assert messages(span)[0]["finish_reason"] == "stop"


def test_a_stream_that_the_service_cut_is_an_error_with_what_was_said_so_far(runs):
    assert runs.recorded["converse_stream_cut"][0] == "EventStreamError"
    span = span_of(runs, "converse_stream_cut")
    assert span.failed
    assert span.attributes["error.type"] == "botocore.exceptions.EventStreamError"
    assert messages(span)[0]["parts"][0]["content"] == "".join(TOKENS[:2])


def test_of_a_stream_closed_early_there_is_what_came(runs):
    span = span_of(runs, "converse_stream_closed_early")
    assert not span.failed
    assert "gen_ai.usage.output_tokens" not in span.attributes


@pytest.mark.parametrize(
    ("case", "operation", "usage"),
    [
        ("invoke_claude", "chat", CLAUDE),
        ("invoke_llama", "text_completion", INVOKED),
        ("invoke_titan", "text_completion", INVOKED),
        ("invoke_and_read_in_parts", "text_completion", INVOKED),
        ("invoke_and_iterate", "text_completion", INVOKED),
        ("invoke_and_read_lines", "text_completion", INVOKED),
        ("invoke_and_read_into", "text_completion", INVOKED),
        ("invoke_in_a_block", "text_completion", INVOKED),
    ],
)
def test_invoke_model_is_recorded_when_its_body_is_read_in_whatever_way(runs, case, operation, usage):
    span = span_of(runs, case)
    assert span.attributes["gen_ai.operation.name"] == operation
    assert_counts(span, usage)
    assert messages(span, "input")[0]["parts"][0]["content"] == "What is Oslo?"
    assert messages(span)[0]["parts"][0]["content"] == ANSWER
    assert messages(span)[0]["finish_reason"] == "stop"


def test_a_body_left_unread_is_counted_by_its_headers(runs):
    span = span_of(runs, "invoke_and_leave_unread")
    assert_counts(span, INVOKED)
    assert "gen_ai.output.messages" not in span.attributes


@pytest.mark.parametrize(
    ("case", "operation"), [("invoke_with_a_file", "text_completion"), ("invoke_with_another_shape", "chat")]
)
def test_a_request_that_cannot_be_read_is_a_call_all_the_same(runs, case, operation):
    span = span_of(runs, case)
    assert span.attributes["gen_ai.operation.name"] == operation
    assert_counts(span, INVOKED)
    assert messages(span)[0]["parts"][0]["content"] == ANSWER
    assert "gen_ai.input.messages" not in span.attributes


def test_embeddings_are_recorded_as_such(runs):
    span = span_of(runs, "invoke_embedding")
    assert span.attributes["gen_ai.operation.name"] == "embeddings"
    assert span.attributes["gen_ai.usage.input_tokens"] == INVOKED.given
    assert span.attributes["gen_ai.embeddings.dimension.count"] == 2


def test_throttling_is_an_error_with_its_status(runs):
    span = span_of(runs, "converse_throttled")
    assert span.failed
    assert span.attributes["error.type"].endswith("ThrottlingException")
    assert span.attributes["http.response.status_code"] == 429


def test_other_services_are_no_concern_of_it(runs):
    assert runs.recorded["another_service"][0] == "ClientError"
    assert runs.spans_of("another_service") == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"output": {}}, {"results": []}, {"content": None}, {"usage": {"inputTokens": 1}}, {"embedding": "base64"},
        {"content": [{"image": {"format": "png"}}, {"type": "document"}, "text", {}]},
    ],
)  # fmt: skip
def test_an_answer_in_part_is_read_in_part(body):
    found = shapes.answer(body)
    assert found.output_tokens is None
    assert [type(p) for p in found.parts] == ([dict, dict, shapes.TextPart, dict] if body.get("content") else [])


def test_a_cut_stream_of_arguments_stays_text():
    stream = shapes.Stream()
    stream.take({"contentBlockStart": {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "1", "name": "f"}}}})
    stream.take({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"city": "Os'}}}})
    assert shapes.answer(stream.whole()).parts[0].arguments == '{"city": "Os'


def chunks(*bodies):
    stream = shapes.Stream()
    for body in bodies:
        stream.take({"chunk": {"bytes": json.dumps(body).encode()}})
    return shapes.answer(stream.whole())


def test_a_model_may_stream_the_events_of_converse_from_invoke_model():
    found = chunks(
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": "Os"}, "contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"text": "lo"}, "contentBlockIndex": 0}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 2, "cacheReadInputTokenCount": 0}}},
    )
    assert (found.parts[0].content, found.finish_reason) == ("Oslo", "stop")
    assert (found.input_tokens, found.output_tokens) == (3, 2)


def test_a_count_that_was_told_is_not_taken_back():
    found = chunks(
        {"type": "message_start", "message": {"usage": {"input_tokens": 3, "cache_read_input_tokens": 4}}},
        {"type": "message_delta", "delta": {}, "usage": {"input_tokens": None, "output_tokens": 2}},
    )
    assert (found.input_tokens, found.cache_read, found.output_tokens) == (7, 4, 2)


def test_headers_that_are_no_counts_cost_the_counts_only():
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    exchange = Exchange(TelemetryHandler(tracer_provider=provider), "m", {}, (None, None), streamed=False)
    exchange.answered({"HTTPHeaders": {"x-amzn-bedrock-input-token-count": "many"}})
    exchange.end()
    (span,) = spans.get_finished_spans()
    assert "gen_ai.usage.input_tokens" not in span.attributes
