"""OpenTelemetry set-up of the demonstration's application: what its own documentation tells every application to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import baggage, metrics, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from otel_cert.instrument import openai_client

CONVERSATION = "gen_ai.conversation.id"


class ConversationOnSpans(SpanProcessor):
    """Copies the conversation id from the baggage to every span, those of the instrumentation included."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Set the attribute when the context has a conversation."""
        if conversation := baggage.get_baggage(CONVERSATION, parent_context):
            span.set_attribute(CONVERSATION, str(conversation))


@contextmanager
def exported() -> Iterator[None]:
    """Instrument the `openai` client and export its spans and metrics while the block runs; flushes at the end."""
    span_exporter, metric_exporter = _exporters()
    tracing = TracerProvider()
    tracing.add_span_processor(ConversationOnSpans())
    tracing.add_span_processor(BatchSpanProcessor(span_exporter))
    metering = MeterProvider([PeriodicExportingMetricReader(metric_exporter)])
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(metering)
    openai_client.install()  # log probabilities, which no instrumentation records
    OpenAIInstrumentor().instrument()
    try:
        yield
    finally:
        tracing.shutdown()
        metering.shutdown()


def _exporters() -> tuple[SpanExporter, MetricExporter]:
    if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans

        return GrpcSpans(), GrpcMetrics()
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans

    return HttpSpans(), HttpMetrics()
