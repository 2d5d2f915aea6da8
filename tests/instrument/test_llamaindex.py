"""LlamaIndex query engines under `otel-cert run`, compared with what the server counted and with the bare library."""

import json

import pytest

from tests.providers.truth import ANSWER, ANSWERED, EMBEDDED

APP = ("llamaindex_app.py",)

CLIENT = "opentelemetry.instrumentation.genai.openai"


def below(runs, case, scope):
    """All spans of a scope anywhere below a case, by start."""
    by_id = {s.span.span_id: s for s in runs.spans}

    def is_below(span):
        while span := by_id.get(span.span.parent_span_id):
            if span.name == case and span.scope == "cases":
                return True
        return False

    return sorted((s for s in runs.spans if s.scope.startswith(scope) and is_below(s)), key=lambda s: s.start)


def test_the_application_sees_the_same_with_and_without(runs):
    assert runs.recorded == runs.bare
    assert runs.warnings == ""
    assert runs.bare["query"][0] == runs.bare["streamed_query"] == ANSWER


@pytest.mark.parametrize("case", ["query", "streamed_query", "asynchronous_query"])
def test_a_query_holds_its_embedding_and_its_call_as_the_client_sent_them(runs, case):
    embedding, call = below(runs, case, CLIENT)
    assert embedding.attributes["gen_ai.usage.input_tokens"] == EMBEDDED
    assert call.attributes["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
    assert json.loads(call.attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == ANSWER
    if case != "streamed_query":  # LlamaIndex does not ask for the tokens of a stream
        assert call.attributes["gen_ai.usage.input_tokens"] == ANSWERED.given
        assert call.attributes["gen_ai.usage.cache_read.input_tokens"] == ANSWERED.cache_read


def test_what_was_retrieved_has_text_and_score(runs):
    spans = below(runs, "query", "openinference.instrumentation.llama_index")
    found = next(s for s in spans if "retrieval.documents.0.document.content" in s.attributes)
    assert found.attributes["openinference.span.kind"] == "RETRIEVER"
    assert found.attributes["retrieval.documents.0.document.score"] == 1.0
    texts = {found.attributes[f"retrieval.documents.{i}.document.content"] for i in range(2)}
    assert texts == set(runs.bare["query"][1])


def test_a_refusal_is_an_error(runs):
    (call,) = below(runs, "refused", CLIENT)
    assert call.failed
    assert call.attributes["error.type"] == "openai.RateLimitError"
