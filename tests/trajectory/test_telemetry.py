"""Spans through the SDK and OTLP into a store: its calls have the numbers of the answers."""

import json

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_cert.instrument.content import VARIABLE
from otel_cert.trajectory import GenerationTimeout, InvalidLogits, TrajectoryMonitor
from tests.stored import Store
from tests.trajectory.models import save_causal


@pytest.fixture
def exporter(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "own-model"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setenv(VARIABLE, "SPAN_ONLY")
    return exporter


def sent(exporter):
    return encode_spans(exporter.get_finished_spans()).SerializeToString()


def test_answers_are_calls_of_the_store(exporter, monitor, tmp_path):
    answers = monitor.analyze_batch(["The revenue", "of"])
    assert monitor.analyze("of").cached, "no call was made, and no span"
    drawn = monitor.analyze("of", temperature=0.8, seed=2, max_new_tokens=3)
    stream = monitor.stream("The company")
    list(stream)
    store = Store(tmp_path / "store")
    store.take(sent(exporter))
    rows = store.rows(
        """SELECT operation, provider, request_model, input_tokens_total, output_tokens_total, finish_reasons[1], streaming,
        logprobs, output_messages, service_name FROM genai_calls ORDER BY start_time, input_tokens_total DESC"""
    )
    assert len(rows) == 4
    for answer, row in zip([*answers, drawn, stream.result], rows, strict=True):
        assert row[:3] == ("text_completion", "transformers", "endless")
        assert row[3:6] == (answer.prompt_tokens, len(answer.tokens), "length")
        (tokens,) = json.loads(row[7])
        assert [(t["token"], t["logprob"]) for t in tokens] == [(t.text, t.logprob) for t in answer.tokens]
        assert [[(a["token"], a["logprob"]) for a in t["top"]] for t in tokens] == [list(t.top) for t in answer.tokens]
        assert json.loads(row[8])[0]["parts"] == [{"type": "text", "content": answer.text}]
        assert row[9] == "own-model"
    assert [row[6] for row in rows] == [False, False, False, True]


def test_the_span_has_what_the_conventions_name(exporter, monitor):
    answer = monitor.analyze("of", temperature=0.8, top_p=0.9, top_k=40, seed=2)
    (span,) = exporter.get_finished_spans()
    found = dict(span.attributes)
    assert (span.name, span.kind) == ("text_completion endless", trace.SpanKind.CLIENT)
    asked = {
        name.removeprefix("gen_ai.request."): value
        for name, value in found.items()
        if name.startswith("gen_ai.request.")
    }
    assert asked == {
        "model": "endless", "stream": False, "max_tokens": 12, "temperature": 0.8, "top_p": 0.9, "top_k": 40, "seed": 2,
    }  # fmt: skip
    assert list(found["otel_cert.logprobs.entropy"]) == [t.entropy for t in answer.tokens]
    assert found["otel_cert.trajectory.passed"] is False
    assert list(found["otel_cert.trajectory.reasons"]) == list(answer.reasons)


def test_without_content_no_text_leaves(exporter, monitor, monkeypatch):
    monkeypatch.setenv(VARIABLE, "NO_CONTENT")
    answer = monitor.analyze("of")
    (span,) = exporter.get_finished_spans()
    assert list(span.attributes["otel_cert.logprobs.values"]) == [t.logprob for t in answer.tokens]
    for name in (
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "otel_cert.logprobs.tokens",
        "otel_cert.logprobs.top",
    ):
        assert name not in span.attributes


def test_failures_are_recorded_with_what_came_before(exporter, monitor, monkeypatch):
    stream = monitor.stream("a", timeout=600)
    next(stream)
    stream._limits.deadline = 0
    with pytest.raises(GenerationTimeout):
        next(stream)
    net = monitor._holder.model.net
    forward = net.forward

    def broken(**inputs):
        found = forward(**inputs)
        found.logits[:] = float("nan")
        return found

    monkeypatch.setattr(net, "forward", broken)
    with pytest.raises(InvalidLogits):
        monitor.analyze("of")
    stopped, invalid = exporter.get_finished_spans()
    assert stopped.attributes["error.type"] == "otel_cert.trajectory.errors.GenerationTimeout"
    assert stopped.attributes["gen_ai.usage.output_tokens"] == 1
    assert invalid.attributes["error.type"] == "otel_cert.trajectory.errors.InvalidLogits"
    assert not stopped.status.is_ok
    assert not invalid.status.is_ok


def test_a_chat_is_a_chat(exporter, tmp_path):
    with TrajectoryMonitor(save_causal(tmp_path / "talks", chat=True), max_new_tokens=2, timeout=None) as monitor:
        monitor.analyze([{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}])
        monitor.analyze("Hi")
    first, second = exporter.get_finished_spans()
    assert (first.name, second.name) == ("chat talks", "chat talks")
    assert [m["role"] for m in json.loads(first.attributes["gen_ai.input.messages"])] == ["system", "user"]
    assert second.attributes["gen_ai.operation.name"] == "chat"


def test_a_stream_that_is_dropped_ends_its_span(exporter, monitor):
    stream = monitor.stream("of")
    next(stream)
    stream.close()
    monitor.stream("of")  # never asked for a token
    first, second = exporter.get_finished_spans()
    assert first.attributes["gen_ai.response.finish_reasons"] == ("incomplete",)
    assert "gen_ai.usage.output_tokens" not in second.attributes
