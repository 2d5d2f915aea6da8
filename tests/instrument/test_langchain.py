"""LangChain chains and agents under `otel-cert run`, compared with what the server counted and with the bare library."""

import json

import pytest

from tests.instrument.conftest import assert_counts, messages
from tests.providers.truth import ANSWER, ANSWERED, CALLED, LOGPROBS, TOOL_ARGUMENTS

APP = ("langchain_app.py",)


def below(runs, span):
    """The spans below a span, by start."""
    return sorted((s for s in runs.spans if s.span.parent_span_id == span.span.span_id), key=lambda s: s.start)


def test_the_application_sees_the_same_with_and_without(runs):
    assert runs.recorded == runs.bare
    assert runs.warnings == ""
    assert runs.bare["stream"] == [ANSWER, True]


@pytest.mark.parametrize("case", ["chat", "asynchronous_chat", "stream", "logprobs"])
def test_each_call_of_the_model_is_one_span_with_everything(runs, case):
    span = runs.span_of(case)
    assert span.name == "chat gpt-4o-mini"
    assert_counts(span, ANSWERED)
    assert span.attributes["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
    assert span.attributes["gen_ai.response.id"] == "chatcmpl-1"
    assert messages(span)[0]["parts"][0]["content"] == ANSWER
    assert span.attributes.get("gen_ai.request.stream", False) is (case == "stream")


def test_log_probabilities_come_through(runs):
    assert runs.span_of("logprobs").attributes["otel_cert.logprobs.values"] == list(LOGPROBS)


def test_a_chain_is_a_workflow_with_the_call_in_it(runs):
    workflow = runs.span_of("chain")
    assert workflow.attributes["gen_ai.operation.name"] == "invoke_workflow"
    (call,) = below(runs, workflow)
    assert_counts(call, ANSWERED)
    assert call.attributes["gen_ai.prompt.variable.context"].startswith("Oslo is the capital of Norway; ")


def test_what_was_retrieved_has_its_text(runs):
    retrieval, call = below(runs, runs.span_of("retrieval_chain"))
    assert retrieval.attributes["gen_ai.operation.name"] == "retrieval"
    assert retrieval.attributes["gen_ai.retrieval.query.text"] == "What is Oslo?"
    (document,) = json.loads(retrieval.attributes["gen_ai.retrieval.documents"])
    assert (document["id"], document["metadata"]) == ("p1", {"source": "geography"})
    assert document["text"] == "Oslo is the capital of Norway; it lies on a fjord."
    assert call.name == "chat gpt-4o-mini"


def test_an_agent_run_holds_its_calls_and_tools_in_order(runs):
    run = runs.span_of("agent")
    assert run.attributes["gen_ai.operation.name"] == "invoke_agent"
    first, tool, second = below(runs, run)
    assert_counts(first, CALLED)
    assert messages(first)[0]["parts"][0]["arguments"] == TOOL_ARGUMENTS
    assert tool.name == "execute_tool get_weather"
    assert json.loads(tool.attributes["gen_ai.tool.call.arguments"]) == TOOL_ARGUMENTS
    assert "4 degrees in Oslo" in tool.attributes["gen_ai.tool.call.result"]
    assert_counts(second, ANSWERED)


def test_a_refusal_is_an_error(runs):
    span = runs.span_of("refused")
    assert span.failed
    assert "RateLimitError" in span.attributes["error.type"]
