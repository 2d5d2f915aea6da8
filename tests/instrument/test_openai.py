"""The OpenAI client under `otel-cert run`, compared with what the loopback server counted and with the bare client."""

import json

import pytest

from tests.instrument.conftest import assert_counts, messages
from tests.providers.truth import (
    ALTERNATIVE,
    ANSWER,
    ANSWERED,
    CALLED,
    DIMENSIONS,
    EMBEDDED,
    LOGPROBS,
    TOKENS,
    TOOL,
    TOOL_ARGUMENTS,
)  # fmt: skip

APP = ("openai_app.py", "--service-name", "assistant")


def test_the_application_sees_the_same_with_and_without(runs):
    assert runs.recorded == runs.bare
    assert runs.bare["stream"] == [ANSWER, len(TOKENS) + 2, True, True], "the stream comes while it is made"


def test_a_chat_is_recorded_whole(runs):
    span = runs.span_of("chat")
    assert span.name == "chat gpt-4o-mini"
    assert span.resource["service.name"] == "assistant"
    assert span.attributes["gen_ai.provider.name"] == "openai"
    assert span.attributes["gen_ai.request.model"] == "gpt-4o-mini"
    assert span.attributes["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
    assert span.attributes["gen_ai.response.id"] == "chatcmpl-1"
    assert span.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert span.attributes["gen_ai.request.temperature"] == 0.25
    assert span.attributes["gen_ai.request.max_tokens"] == 50
    assert_counts(span, ANSWERED)
    assert [m["role"] for m in messages(span, "input")] == ["system", "user"]
    assert messages(span, "input")[1]["parts"][0]["content"] == "What is Oslo? \U0001f3d4"
    assert messages(span)[0]["parts"][0]["content"] == ANSWER


def test_messages_given_as_a_generator_reach_the_server_and_the_span(runs):
    assert [m["role"] for m in messages(runs.span_of("generated_messages"), "input")] == ["system", "user"]


def test_tool_calls_and_their_results_are_recorded(runs):
    called, answered = runs.spans_of("tools")
    assert_counts(called, CALLED)
    assert called.attributes["gen_ai.response.finish_reasons"] == ["tool_calls"]
    part = messages(called)[0]["parts"][0]
    assert (part["type"], part["name"], part["arguments"]) == ("tool_call", TOOL, TOOL_ARGUMENTS)
    assert json.loads(called.attributes["gen_ai.tool.definitions"])[0]["name"] == TOOL
    response = messages(answered, "input")[-1]["parts"][0]
    assert (response["type"], response["response"]) == ("tool_call_response", "4 degrees")


@pytest.mark.parametrize("case", ["stream", "asynchronous_stream"])
def test_a_stream_is_recorded_to_its_end(runs, case):
    span = runs.span_of(case)
    assert_counts(span, ANSWERED)
    assert span.attributes["gen_ai.request.stream"] is True
    assert 0 < span.attributes["gen_ai.response.time_to_first_chunk"] < (span.end - span.start) / 1e9
    assert messages(span)[0]["parts"][0]["content"] == ANSWER


def test_tokens_that_a_stream_did_not_tell_are_absent_rather_than_zero(runs):
    attributes = runs.span_of("stream_of_tools").attributes
    assert not [name for name in attributes if name.startswith("gen_ai.usage")]


def test_a_stream_that_the_server_cut_is_an_error_with_what_was_said_so_far(runs):
    span = runs.span_of("cut_stream")
    assert span.failed
    assert span.attributes["error.type"] == "openai.APIError"
    assert messages(span)[0]["parts"][0]["content"] == "".join(TOKENS[:3])


def test_a_refusal_is_an_error_of_its_type(runs):
    span = runs.span_of("refused")
    assert span.failed
    assert span.attributes["error.type"] == "openai.RateLimitError"
    assert runs.recorded["refused"][0] == "RateLimitError"


@pytest.mark.parametrize("case", ["logprobs", "streamed_logprobs", "raw"])
def test_log_probabilities_are_recorded_with_their_alternatives(runs, case):
    attributes = runs.span_of(case).attributes
    assert json.loads(attributes["otel_cert.logprobs.tokens"]) == list(TOKENS)
    assert attributes["otel_cert.logprobs.values"] == list(LOGPROBS)
    token, value = ALTERNATIVE
    assert json.loads(attributes["otel_cert.logprobs.top"])[1] == [
        {"token": TOKENS[1], "logprob": LOGPROBS[1]},
        {"token": token, "logprob": value},
    ]


@pytest.mark.parametrize("case", ["logprobs_without_alternatives", "asynchronous_logprobs"])
def test_without_alternatives_there_are_none(runs, case):
    attributes = runs.span_of(case).attributes
    assert attributes["otel_cert.logprobs.values"] == list(LOGPROBS)
    assert "otel_cert.logprobs.top" not in attributes


def test_of_a_stream_closed_early_the_log_probabilities_so_far_are_recorded(runs):
    attributes = runs.span_of("closed_stream").attributes
    assert json.loads(attributes["otel_cert.logprobs.tokens"]) == list(TOKENS[:1])
    assert attributes["otel_cert.logprobs.values"] == list(LOGPROBS[:1])


def test_who_does_not_ask_for_log_probabilities_has_none(runs):
    with_them = {s.parent for s in runs.spans if "otel_cert.logprobs.values" in s.attributes}
    asked = {"logprobs", "streamed_logprobs", "raw", "logprobs_without_alternatives", "asynchronous_logprobs"}
    assert with_them == {*asked, "closed_stream"}


def test_embeddings_are_recorded(runs):
    span = runs.span_of("embeddings")
    assert span.attributes["gen_ai.operation.name"] == "embeddings"
    assert span.attributes["gen_ai.usage.input_tokens"] == 2 * EMBEDDED
    assert span.attributes["gen_ai.embeddings.dimension.count"] == DIMENSIONS


@pytest.mark.parametrize("case", ["responses", "streamed_response"])
def test_the_responses_api_is_recorded(runs, case):
    span = runs.span_of(case)
    assert span.attributes["gen_ai.response.id"] == "resp_1"
    assert_counts(span, ANSWERED)
    assert messages(span)[0]["parts"][0]["content"] == ANSWER


@pytest.mark.parametrize("case", ["azure", "azure_embeddings"])
def test_azure_is_named_although_its_host_does_not_show_it(runs, case):
    span = runs.span_of(case)
    assert span.attributes["gen_ai.provider.name"] == "azure.ai.openai"
    assert span.attributes["gen_ai.request.model"] == "our-deployment"


def test_metrics_are_exported_too(runs):
    assert runs.sink.metrics() >= {"gen_ai.client.token.usage", "gen_ai.client.operation.duration"}


def test_an_answer_that_the_instrumentation_cannot_read_is_given_to_the_application(runs):
    assert runs.warnings.startswith("otel-cert: the instrumentation of Completions.create failed (TypeError")
    assert len(runs.warnings.splitlines()) == 1
    assert (
        runs.recorded["malformed"]["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == TOOL_ARGUMENTS
    )


def test_a_body_that_the_application_reads_itself_is_left_to_it(runs):
    consumed, length = runs.recorded["raw_body"]
    assert not consumed
    assert length > 100
    assert runs.spans_of("raw_body") == []
