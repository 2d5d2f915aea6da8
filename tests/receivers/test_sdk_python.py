"""The real Python SDK, over real sockets."""

import logging
import time

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from otel_cert.errors import Backpressure
from otel_cert.otlp.requests import parse

RESOURCE = Resource({"service.name": "checkout"})


def grpc_spans(running, **options):
    return GrpcSpans(endpoint=f"http://{running.endpoints['grpc']}", insecure=True, timeout=20, **options)


def http_spans(running, **options):
    return HttpSpans(endpoint=f"{running.url}/v1/traces", timeout=20, **options)


def trace(exporter, names=("chat",)):
    """Record spans and export them as an application would."""
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    for name in names:
        with provider.get_tracer("shop", "1.2").start_as_current_span(name) as span:
            span.set_attribute("gen_ai.usage.input_tokens", 12)
            span.add_event("first token", {"index": 0})
    provider.shutdown()


@pytest.mark.parametrize("exporter", [grpc_spans, http_spans])
def test_spans(running, exporter):
    trace(exporter(running), [f"chat {n}" for n in range(1000)])
    spans = running.sink.spans()
    assert [span.name for span in spans] == [f"chat {n}" for n in range(1000)]
    assert spans[0].attributes[0].value.int_value == 12
    assert spans[0].events[0].name == "first token"
    (resource, *_) = parse(
        "traces", running.sink.requests[0].content_type, running.sink.requests[0].body
    ).resource_spans
    assert "checkout" in {a.value.string_value for a in resource.resource.attributes}


def test_gzip_over_both_transports(running):
    trace(grpc_spans(running, compression=grpc.Compression.Gzip))
    trace(http_spans(running, compression=Compression.Gzip))
    assert [span.name for span in running.sink.spans()] == ["chat", "chat"]


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_logs(running, transport):
    exporter = (
        GrpcLogs(endpoint=f"http://{running.endpoints['grpc']}", insecure=True)
        if transport == "grpc"
        else HttpLogs(endpoint=f"{running.url}/v1/logs")
    )
    provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("shop").emit(timestamp=time.time_ns(), body="hello", event_name="gen_ai.choice")
    provider.shutdown()
    (request,) = running.sink.requests
    (record,) = parse("logs", request.content_type, request.body).resource_logs[0].scope_logs[0].log_records
    assert (record.body.string_value, record.event_name) == ("hello", "gen_ai.choice")


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_metrics(running, transport):
    exporter = (
        GrpcMetrics(endpoint=f"http://{running.endpoints['grpc']}", insecure=True)
        if transport == "grpc"
        else HttpMetrics(endpoint=f"{running.url}/v1/metrics")
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
    provider = MeterProvider([reader], resource=RESOURCE, shutdown_on_exit=False)
    provider.get_meter("shop").create_histogram("gen_ai.client.operation.duration").record(0.25)
    provider.shutdown()
    (request,) = running.sink.requests
    (metric,) = parse("metrics", request.content_type, request.body).resource_metrics[0].scope_metrics[0].metrics
    assert metric.histogram.data_points[0].sum == 0.25


@pytest.mark.parametrize("exporter", [grpc_spans, http_spans])
@pytest.mark.parametrize("fault", [Backpressure("full", retry_after_s=0.5), RuntimeError("a bug")])
def test_the_sdk_waits_and_sends_again(running, exporter, fault, caplog):
    running.sink.fail_with = [fault]
    with caplog.at_level(logging.CRITICAL, "opentelemetry"):
        trace(exporter(running), ["kept"])
    assert [span.name for span in running.sink.spans()] == ["kept"]
    assert running.sink.fail_with == []


def test_the_sdk_does_not_repeat_what_is_refused_for_good(start):
    running = start(max_request_bytes=1000)
    began = time.monotonic()
    # Over gRPC the SDK repeats RESOURCE_EXHAUSTED even without RetryInfo, unlike the specification.
    assert http_spans(running).export(recorded(100)) is SpanExportResult.FAILURE
    assert time.monotonic() - began < 2
    assert running.sink.groups == []


def recorded(n):
    """Return finished spans without exporting them."""
    tracer = TracerProvider(resource=RESOURCE, shutdown_on_exit=False).get_tracer("shop")
    spans = [tracer.start_span(f"span {i}") for i in range(n)]
    for span in spans:
        span.end()
    return spans
