"""One call, and every installed and supported library of an application is recorded and sent to a receiver."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_cert.errors import OtelCertError
from otel_cert.instrument import content, exporting
from otel_cert.instrument.libraries import Status, turn_on
from otel_cert.instrument.supported import LIBRARIES

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.util.types import AttributeValue

_logger = logging.getLogger("otel_cert.instrument")
_lock = threading.Lock()
_report: Report | None = None


@dataclass(frozen=True)
class Report:
    """What was turned on, what was not, and why."""

    exporting: str
    """Where telemetry goes, or why nowhere."""
    content: str
    """Where prompts and answers are recorded: `NONE`, `SPAN`, `EVENT` or `SPAN|EVENT`."""
    libraries: tuple[Status, ...]
    """One each; a library that is imported later changes its state here."""

    def __getitem__(self, library: str) -> Status:
        """Return the status of one library; raises KeyError."""
        for status in self.libraries:
            if status.library == library:
                return status
        raise KeyError(library)

    def __str__(self) -> str:
        listed = "; ".join(map(str, self.libraries))
        return f"telemetry goes to {self.exporting}; content: {self.content}; {listed}"


def instrument(
    endpoint: str | None = None,
    capture_content: bool | None = None,
    service_name: str | None = None,
    resource: Mapping[str, AttributeValue] | Resource | None = None,
) -> Report:
    """Record the calls of every installed and supported library, and export them over OTLP.

    `endpoint` is the base URL of the receiver (default: OTEL_EXPORTER_OTLP_ENDPOINT, else the local receiver);
    OTEL_EXPORTER_OTLP_PROTOCOL says `http/protobuf` (default) or `grpc`. `capture_content` records prompts and answers
    (default: what OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says, else no). `service_name` and `resource`
    describe the application, ahead of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.

    A tracer provider that the application has set is used as it is, with an exporter more when `endpoint` is given. A
    second call changes nothing and returns the same report. Raises UsageError for an argument that makes no sense; any
    other trouble is in the report and the log, and leaves the application as it was.
    """
    global _report
    if endpoint is not None:
        exporting.checked(endpoint, "endpoint")
    with _lock:
        if _report is None:
            _report = _set_up(endpoint, capture_content, service_name, resource)
            _logger.info("otel-cert: %s", _report)
        elif any(given is not None for given in (endpoint, capture_content, service_name, resource)):
            _logger.warning("otel-cert: instrument() was called before; what this call asks for is ignored")
        return _report


def _set_up(
    endpoint: str | None,
    capture_content: bool | None,
    service_name: str | None,
    resource: Mapping[str, AttributeValue] | Resource | None,
) -> Report:
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Report("nowhere: OTEL_SDK_DISABLED=true", "NONE", ())
    where = _export(endpoint, service_name, resource)
    return Report(where, _decide(capture_content), tuple(map(turn_on, LIBRARIES)))


def _export(
    endpoint: str | None, service_name: str | None, resource: Mapping[str, AttributeValue] | Resource | None
) -> str:
    try:
        if not exporting.provided():
            return exporting.set_up(endpoint, service_name, resource)
        return exporting.add(endpoint) if endpoint else "the application's own tracer provider"
    except OtelCertError as error:
        _logger.error("otel-cert: nothing is exported: %s", error)
        return f"nowhere: {error.message}"
    except Exception as error:
        _logger.exception("otel-cert: nothing is exported")
        return f"nowhere: {type(error).__name__}: {error}"


def _decide(capture_content: bool | None) -> str:
    try:
        decided = content.decide(capture_content)
    except OtelCertError as error:
        _logger.error("otel-cert: no content is recorded: %s", error)
        decided = content.Content.NONE
    return decided.name or "NONE"
