"""What an export request holds, read with the protocol's own messages or as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True)
class Contents:
    """The ids of the spans as lower-case hex, and how many spans, log records or metrics there are."""

    items: int
    spans: list[tuple[str, str]] = field(default_factory=list)


def contents(signal: str, body: bytes, *, is_json: bool) -> Contents:
    """Return what a request holds; raises ValueError when it cannot be parsed."""
    try:
        items = list(_from_json(signal, body) if is_json else _from_protobuf(signal, body))
    except (DecodeError, AttributeError, TypeError) as error:
        raise ValueError(str(error)) from error
    return Contents(len(items), items if signal == "traces" else [])


def _from_protobuf(signal: str, body: bytes) -> Iterator[tuple[str, str]]:
    match signal:
        case "traces":
            for traces in ExportTraceServiceRequest.FromString(body).resource_spans:
                yield from ((s.trace_id.hex(), s.span_id.hex()) for scope in traces.scope_spans for s in scope.spans)
        case "logs":
            for logs in ExportLogsServiceRequest.FromString(body).resource_logs:
                yield from (("", "") for scope in logs.scope_logs for _ in scope.log_records)
        case _:
            for metrics in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                yield from (("", "") for scope in metrics.scope_metrics for _ in scope.metrics)


_KEYS = {
    "traces": ("resourceSpans", "scopeSpans", "spans"),
    "logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
}


def _from_json(signal: str, body: bytes) -> Iterator[tuple[str, str]]:
    def below(values: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        return [item for value in values for item in value.get(key) or []]

    items = [json.loads(body)]
    for key in _KEYS[signal]:
        items = below(items, key)
    for item in items:
        yield (item.get("traceId") or "").lower(), (item.get("spanId") or "").lower()
