"""The real Python SDK as a sender: points 10 and 20."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

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

from tests.cli.serving import eventually

from .served import LIMIT, served

RESOURCE = Resource({"service.name": "checkout"})
TRANSPORTS = ("grpc", "http")
NO_SPACE = f"store: {{min_free_bytes: {1 << 60}}}"


def spans(service, transport, **options):
    """Return the SDK's span exporter."""
    if transport == "grpc":
        return GrpcSpans(endpoint=f"http://{service.ready['grpc']}", insecure=True, timeout=600, **options)
    return HttpSpans(endpoint=f"http://{service.ready['http']}/v1/traces", timeout=600, **options)


def trace(exporter, name, n=1):
    """Record spans and export them as an application would; returns when they are delivered or given up."""
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    for i in range(n):
        with provider.get_tracer("shop", "1.2").start_as_current_span(name) as span:
            span.set_attribute("n", i)
            span.add_event("first token", {"index": 0})
    provider.force_flush()
    provider.shutdown()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_20_spans_of_the_python_sdk(service, transport, compression):
    """The Python SDK's spans arrive over both transports, with and without gzip."""
    codes = {"grpc": grpc.Compression.Gzip, "http": Compression.Gzip}
    name = f"point 20 Python {transport} {compression}"
    trace(spans(service, transport, **({"compression": codes[transport]} if compression else {})), name, 1000)
    rows = service.stored(f"name = '{name}'", "attributes['n']::INT, service_name, events[1].name, flags", n=1000)
    assert sorted(rows) == [(n, "checkout", "first token", None) for n in range(1000)]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_20_logs_of_the_python_sdk(service, transport):
    """The Python SDK's log records and events arrive over both transports."""
    end = f"http://{service.ready[transport]}"
    exporter = GrpcLogs(endpoint=end, insecure=True) if transport == "grpc" else HttpLogs(endpoint=f"{end}/v1/logs")
    provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("shop").emit(timestamp=time.time_ns(), body=f"hello {transport}", event_name="point 20")
    provider.shutdown()
    where = f"event_name = 'point 20' AND body = 'hello {transport}'"
    assert service.stored(where, "service_name", table="logs") == [("checkout",)]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_20_metrics_of_the_python_sdk(service, transport):
    """The Python SDK's metrics arrive over both transports."""
    end = f"http://{service.ready[transport]}"
    exporter = (
        GrpcMetrics(endpoint=end, insecure=True) if transport == "grpc" else HttpMetrics(endpoint=f"{end}/v1/metrics")
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
    provider = MeterProvider([reader], resource=RESOURCE, shutdown_on_exit=False)
    provider.get_meter("shop").create_histogram(f"point.20.{transport}").record(0.25)
    provider.shutdown()
    assert service.stored(f"name = 'point.20.{transport}'", "sum", table="metric_points") == [(0.25,)]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_10_the_python_sdk_waits_and_sends_again(service, transport, caplog):
    """The Python SDK waits while writes to the disk fail, and sends again; its spans are then stored once."""
    name = f"point 10 {transport}"
    with caplog.at_level(logging.CRITICAL, "opentelemetry"), ThreadPoolExecutor(1) as pool:
        with service.full_disk():
            refused = service.counted("otel_cert_receiver_rejections_total")
            sending = pool.submit(trace, spans(service, transport), name, 5)
            eventually(lambda: service.counted("otel_cert_receiver_rejections_total") > refused, True)
        sending.result(timeout=600)
    service.stored(f"name = '{name}'", n=5)


def test_10_the_python_sdk_bridges_a_restart(tmp_path, caplog):
    """The Python SDK's spans survive a service without space that is restarted, with space, on the same ports."""
    with (
        caplog.at_level(logging.CRITICAL, "opentelemetry"),
        ThreadPoolExecutor(2) as pool,
        served(tmp_path, NO_SPACE, ready=False) as full,
    ):
        sending = [pool.submit(trace, spans(full, transport), f"point 10 {transport}", 5) for transport in TRANSPORTS]
        eventually(lambda: full.counted("otel_cert_receiver_rejections_total") >= 2, True)
        with full.again() as restarted:
            for sent in sending:
                sent.result(timeout=600)
            restarted.stored("name LIKE 'point 10%'", n=10)


def test_20_the_python_sdk_does_not_repeat_what_is_refused_for_good(service, caplog):
    """The Python SDK gives up at once what is refused for good: here a request beyond the limit, over HTTP."""
    # Over gRPC it repeats RESOURCE_EXHAUSTED even without RetryInfo, unlike the specification.
    tracer = TracerProvider(resource=RESOURCE, shutdown_on_exit=False).get_tracer("shop")
    span = tracer.start_span("x" * LIMIT)
    span.end()
    refused = service.counted("otel_cert_receiver_rejections_total")
    with caplog.at_level(logging.CRITICAL, "opentelemetry"):
        assert spans(service, "http").export([span]) is SpanExportResult.FAILURE
    assert service.counted("otel_cert_receiver_rejections_total") == refused + 1
