"""The application in its own process, against the loopback model server and a sink: what really goes over the wire."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from otel_cert.demo import processes
from otel_cert.demo.knowledge import load


def run_app(model_url, endpoint, protocol):
    environment = processes.environment(
        OPENAI_BASE_URL=model_url, OPENAI_API_KEY="none", OTEL_SERVICE_NAME="rag-demo",
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_EXPORTER_OTLP_PROTOCOL=protocol, TRACELOOP_TRACE_CONTENT="true",
    )  # fmt: skip
    conversations = [c for c in load().conversations if c.protocol == protocol]
    argv = [sys.executable, "-m", "otel_cert.demo.app", *(c.id for c in conversations)]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return conversations, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["http/protobuf", "grpc"])
def protocol(request):
    return request.param


@pytest.fixture
def sink(request, protocol):
    return request.getfixturevalue("otlp_grpc" if protocol == "grpc" else "otlp_http")


def test_every_question_is_one_complete_trace(model_url, sink, protocol):
    conversations, said = run_app(model_url, sink.endpoint, protocol)
    questions = [q for c in conversations for q in c.questions]
    expected = {429: "RateLimitError", 500: "InternalServerError"}
    assert said == [
        {"question": q.id, "error": expected[q.error]} if q.error else {"question": q.id, "answer": q.said}
        for q in questions
    ]
    spans = sink.spans()
    tools = sum(1 for q in questions if q.tool)
    assert Counter(s.name for s in spans) == {
        "answer question": len(questions),
        "retrieval visitor-information": len(questions),
        "openai.embeddings": len(questions) + 1,
        "openai.chat": len(questions) + tools,
        "execute_tool opening_hours": tools,
    }
    assert {s.resource["service.name"] for s in spans} == {"rag-demo"}
    assert len({s.span.trace_id for s in spans}) == len(questions) + 1
    by_id = {s.span.span_id: s for s in spans}
    parents = {(s.name, by_id[s.span.parent_span_id].name) for s in spans if s.span.parent_span_id}
    assert parents >= {
        ("retrieval visitor-information", "answer question"),
        ("openai.embeddings", "retrieval visitor-information"),
        ("openai.chat", "answer question"),
    }
    assert {s.attributes.get("gen_ai.conversation.id") for s in spans if s.name == "openai.chat"} == {
        c.id for c in conversations
    }
    assert "gen_ai.client.token.usage" in sink.metrics


def test_what_the_instrumentation_records(model_url, otlp_grpc):
    _, _ = run_app(model_url, otlp_grpc.endpoint, "grpc")
    chats = [s for s in otlp_grpc.spans() if s.name == "openai.chat"]
    streamed = next(s for s in chats if s.attributes["gen_ai.is_streaming"])
    assert streamed.attributes["gen_ai.provider.name"] == "openai"
    assert streamed.attributes["gen_ai.response.model"] == "gpt-4.1-2025-04-14"
    assert int(streamed.attributes["gen_ai.usage.input_tokens"]) > 200
    assert int(streamed.attributes["gen_ai.usage.output_tokens"]) > 5
    assert json.loads(streamed.attributes["gen_ai.output.messages"])[0]["finish_reason"] == "stop"
    assert any(int(s.attributes.get("gen_ai.usage.cache_read.input_tokens", 0)) > 0 for s in chats)
    failed = [s for s in chats if "error.type" in s.attributes]
    assert [s.attributes["error.type"] for s in failed] == ["InternalServerError"]
    retrieval = next(s for s in otlp_grpc.spans() if s.name.startswith("retrieval"))
    documents = json.loads(retrieval.attributes["gen_ai.retrieval.documents"])
    assert len(documents) == 3
    assert documents[0]["score"] >= documents[2]["score"]


def test_an_unreachable_receiver_does_not_stop_the_application(model_url):
    environment = processes.environment(
        OPENAI_BASE_URL=model_url, OPENAI_API_KEY="none", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )  # fmt: skip
    argv = [sys.executable, "-m", "otel_cert.demo.app", "second-opinion"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0
    assert "without a ticket" in done.stdout
