"""The three OTLP signals: their messages, paths and service names, and parsing a request body.

Source: OTLP specification 1.x, sections OTLP/gRPC and OTLP/HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from otel_cert.errors import Malformed, TooLarge
from otel_cert.otlp.json import MAX_DEPTH, parse_json

PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass(frozen=True, slots=True)
class Signal:
    """One OTLP signal: its message classes, HTTP path and gRPC service, whose one method is `Export`."""

    request: Any
    response: Any
    path: str
    service: str


SIGNALS: Mapping[str, Signal] = {
    "traces": Signal(
        traces.ExportTraceServiceRequest,
        traces.ExportTraceServiceResponse,
        "/v1/traces",
        "opentelemetry.proto.collector.trace.v1.TraceService",
    ),
    "logs": Signal(
        logs.ExportLogsServiceRequest,
        logs.ExportLogsServiceResponse,
        "/v1/logs",
        "opentelemetry.proto.collector.logs.v1.LogsService",
    ),
    "metrics": Signal(
        metrics.ExportMetricsServiceRequest,
        metrics.ExportMetricsServiceResponse,
        "/v1/metrics",
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
    ),
}

GROUPS: Mapping[str, tuple[str, str, str]] = {
    "traces": ("resource_spans", "scope_spans", "spans"),
    "logs": ("resource_logs", "scope_logs", "log_records"),
    "metrics": ("resource_metrics", "scope_metrics", "metrics"),
}
"""Per signal, the fields that lead from a request to its elements."""


def parse(signal: str, content_type: str, body: bytes) -> Any:
    """Return the parsed export request.

    Raises Malformed when `body` is not what `content_type` says, TooLarge when it is nested too deeply.
    """
    kind = SIGNALS[signal].request
    if content_type == JSON:
        return parse_json(kind, body)
    try:
        return kind.FromString(body)
    except DecodeError as error:
        if "MaxDepth" in str(error):
            raise TooLarge(f"the request is nested more than {MAX_DEPTH} messages deep") from None
        reason = "a text field is not UTF-8" if "UTF-8" in str(error) else "the bytes are no valid protobuf"
        raise Malformed(f"not an {kind.DESCRIPTOR.name}: {reason}") from None


def count(signal: str, request: Any) -> int:
    """Return how many elements (spans, log records, metrics) a request holds."""
    outer, inner, leaf = GROUPS[signal]
    return sum(len(getattr(scope, leaf)) for resource in getattr(request, outer) for scope in getattr(resource, inner))
