"""The Anthropic client under `otel-cert run`, compared with what the loopback server counted and with the bare client."""

import json

import pytest

from tests.instrument.conftest import assert_counts, messages
from tests.providers.truth import ANSWER, CLAUDE, CLAUDE_CALLED, TOKENS, TOOL, TOOL_ARGUMENTS

APP = ("anthropic_app.py",)

NATIVE = "com.anthropic.sdk.python"


def test_the_application_sees_the_same_with_and_without(runs):
    assert runs.recorded == runs.bare
    assert runs.warnings == ""
    assert runs.bare["stream"] == [ANSWER, True]
    assert runs.bare["raw_body"][0] is False, "the body is the application's to read"


def test_a_message_is_recorded_with_the_tokens_of_the_cache(runs):
    span = runs.span_of("chat")
    assert span.attributes["gen_ai.provider.name"] == "anthropic"
    assert span.attributes["gen_ai.request.model"] == "claude-sonnet-4-5"
    assert span.attributes["gen_ai.response.id"] == "msg_1"
    assert span.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert_counts(span, CLAUDE)
    assert json.loads(span.attributes["gen_ai.system_instructions"])[0]["content"] == "Be brief."
    assert messages(span, "input")[0]["parts"][0]["content"] == "What is Oslo?"
    assert messages(span)[0]["parts"][0]["content"] == ANSWER


@pytest.mark.parametrize("case", ["stream", "helped_stream", "asynchronous_stream"])
def test_a_stream_is_recorded_to_its_end(runs, case):
    span = runs.span_of(case)
    assert_counts(span, CLAUDE)
    assert span.attributes["gen_ai.request.stream"] is True
    assert messages(span)[0]["parts"][0]["content"] == ANSWER == "".join(TOKENS)


def test_tool_use_and_its_result_are_recorded(runs):
    called, answered = [s for s in runs.spans_of("tools") if s.scope != NATIVE]
    assert_counts(called, CLAUDE_CALLED)
    part = messages(called)[0]["parts"][0]
    assert (part["type"], part["name"], part["arguments"]) == ("tool_call", TOOL, TOOL_ARGUMENTS)
    assert json.loads(called.attributes["gen_ai.tool.definitions"])[0]["name"] == TOOL
    assert messages(answered, "input")[-1]["parts"][0]["type"] == "tool_call_response"


def test_a_refusal_is_an_error_of_its_type(runs):
    span = runs.span_of("overloaded")
    assert span.failed
    assert span.attributes["error.type"].endswith("OverloadedError")


def test_the_clients_own_span_is_inside_with_the_same_numbers_and_no_content(runs):
    outer = runs.span_of("chat")
    (own,) = [s for s in runs.spans if s.scope == NATIVE and s.span.parent_span_id == outer.span.span_id]
    assert_counts(own, CLAUDE)
    assert own.attributes["anthropic.usage.cache_creation.ephemeral_5m_input_tokens"] == CLAUDE.cache_write
    assert "gen_ai.output.messages" not in own.attributes
