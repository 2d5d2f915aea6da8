"""The SDK's providers and OTLP exporters, set up from the usual `OTEL_*` variables.

Traces, logs (content sent as events) and metrics leave from threads of their own: a receiver that is dead or slow costs
the caller nothing, and the end of the process at most `EXIT_S` seconds.
"""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import _logs, metrics, trace

from otel_cert.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.util.types import AttributeValue

EXIT_S = 5.0
"""How long the end of the process waits, all in all, for what is not sent yet."""

SIGNALS = ("traces", "logs", "metrics")

_PROTOCOLS = {"http/protobuf": ("otlp_proto_http", 4318), "grpc": ("otlp_proto_grpc", 4317)}
"""OTEL_EXPORTER_OTLP_PROTOCOL -> (entry point of the exporters, port of the local receiver)."""


def checked(endpoint: str, source: str) -> str:
    """Return the endpoint of an OTLP receiver; raises UsageError when it is no http:// or https:// URL with a host."""
    try:
        parts = urlsplit(endpoint)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(
            f"{source}={endpoint!r} is no URL of an OTLP receiver",
            hint="use http://HOST:PORT or https://HOST:PORT, e.g. http://127.0.0.1:4318 (HTTP) or :4317 (gRPC)",
        )
    return endpoint


def provided() -> bool:
    """Return whether the application has a tracer provider of its own."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def set_up(
    endpoint: str | None, service_name: str | None, resource: Mapping[str, AttributeValue] | Resource | None
) -> str:
    """Set the global providers, with exporters; returns where telemetry goes, in words.

    `endpoint` None: where the environment says, else the local receiver. A signal whose provider the application has
    set keeps it. Raises UsageError when a variable of the environment makes no sense.
    """
    from opentelemetry.sdk.resources import Resource

    attributes = dict(resource.attributes if isinstance(resource, Resource) else resource or {})
    if service_name:
        attributes["service.name"] = service_name
    described = Resource.create(attributes)
    exporters = {signal: _exporters(signal, endpoint) for signal in SIGNALS}
    closing = [_set(signal, exporters[signal], described) for signal in SIGNALS]
    atexit.register(_close, closing)
    return ", ".join(f"{s} to {_destination(s, endpoint)}" for s in SIGNALS if exporters[s]) or "nowhere"


def add(endpoint: str) -> str:
    """Send the spans of the application's own tracer provider to `endpoint` too; returns where, in words.

    Raises UsageError when it is no provider of the SDK.
    """
    provider = trace.get_tracer_provider()
    if not hasattr(provider, "add_span_processor"):
        raise UsageError(
            f"the application's tracer provider ({type(provider).__name__}) takes no exporter",
            hint="leave `endpoint` out, or set no provider before",
        )
    processor = _spans(_exporter("traces", "otlp", "endpoint", endpoint))
    provider.add_span_processor(processor)
    atexit.register(_close, [_batches(processor)])
    return f"the application's own tracer provider, and traces to {_destination('traces', endpoint)}"


def _protocol(signal: str) -> str:
    own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL"
    name = own if os.environ.get(own) else "OTEL_EXPORTER_OTLP_PROTOCOL"
    protocol = os.environ.get(name) or "http/protobuf"
    if protocol not in _PROTOCOLS:
        raise UsageError(f"{name}={protocol} is not known", hint=f"use one of {', '.join(_PROTOCOLS)}")
    return protocol


def _destination(signal: str, endpoint: str | None) -> str:
    """Return the URL that a signal is sent to."""
    protocol = _protocol(signal)
    own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    if endpoint is None and os.environ.get(own):
        return checked(os.environ[own], own)
    if endpoint is None and os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        endpoint = checked(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], "OTEL_EXPORTER_OTLP_ENDPOINT")
    base = endpoint or f"http://127.0.0.1:{_PROTOCOLS[protocol][1]}"
    return base if protocol == "grpc" else f"{base.rstrip('/')}/v1/{signal}"


def _exporters(signal: str, endpoint: str | None) -> list[Any]:
    """Return the exporters that OTEL_TRACES_EXPORTER and its like name; `otlp` when they name none."""
    variable = f"OTEL_{signal.upper()}_EXPORTER"
    names = [name.strip() for name in (os.environ.get(variable) or "otlp").split(",")]
    return [_exporter(signal, name, variable, endpoint) for name in names if name and name != "none"]


def _exporter(signal: str, name: str, variable: str, endpoint: str | None) -> Any:
    options = {"endpoint": _destination(signal, endpoint)} if name == "otlp" else {}
    point = _PROTOCOLS[_protocol(signal)][0] if name == "otlp" else name
    found = entry_points(group=f"opentelemetry_{signal}_exporter", name=point)
    if not found:
        raise UsageError(f"{variable}={name}: no such exporter is installed", hint="use otlp, console or none")
    return next(iter(found)).load()(**options)


def _set(signal: str, exporters: list[Any], resource: Resource) -> Callable[[float], None]:
    """Set the provider of one signal; returns what ends it within a number of seconds."""
    if signal == "traces":
        return _set_traces(exporters, resource)
    return (_set_logs if signal == "logs" else _set_metrics)(exporters, resource)


def _set_traces(exporters: list[Any], resource: Resource) -> Callable[[float], None]:
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    processors = [_spans(exporter) for exporter in exporters]
    for processor in processors:
        provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    return _batches(*processors)


def _set_logs(exporters: list[Any], resource: Resource) -> Callable[[float], None]:
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    if not _is_proxy(_logs.get_logger_provider()):
        return _nothing
    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    processors = [BatchLogRecordProcessor(exporter) for exporter in exporters]
    for processor in processors:
        provider.add_log_record_processor(processor)
    _logs.set_logger_provider(provider)
    return _batches(*processors)


def _set_metrics(exporters: list[Any], resource: Resource) -> Callable[[float], None]:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    if not _is_proxy(metrics.get_meter_provider()):
        return _nothing
    readers = [PeriodicExportingMetricReader(exporter) for exporter in exporters]
    provider = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return lambda seconds: provider.shutdown(timeout_millis=seconds * 1e3)


def _spans(exporter: Any) -> Any:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(exporter)


def _batches(*processors: Any) -> Callable[[float], None]:
    def close(seconds: float) -> None:
        for processor in processors:
            # The processor's own shutdown waits for 30 s, and for no time that it could be told.
            inner = getattr(processor, "_batch_processor", None)
            if inner is None:
                processor.shutdown()
            else:
                inner.shutdown(timeout_millis=int(seconds * 1e3))

    return close


def _nothing(_seconds: float) -> None:
    """End nothing: the provider is the application's."""


def _is_proxy(provider: object) -> bool:
    """Return whether no provider is set: what stands for one has no public name for logs and metrics."""
    return "Proxy" in type(provider).__name__


def _close(closing: list[Callable[[float], None]]) -> None:
    """Send what waits, for at most EXIT_S seconds in all."""
    until = time.monotonic() + EXIT_S
    for close in closing:
        close(max(0.1, until - time.monotonic()))
