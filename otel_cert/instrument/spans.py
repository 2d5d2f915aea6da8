"""Spans that instrumentations make: which is that of the call, and a last word before it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

_logger = logging.getLogger("otel_cert.instrument")


def call_span() -> Span | None:
    """Return the current span when it is that of a call to a model, and not the application's own."""
    span = trace.get_current_span()
    if not span.is_recording() or getattr(span, "kind", None) is not SpanKind.CLIENT:
        return None
    return span if "gen_ai.operation.name" in (getattr(span, "attributes", None) or ()) else None


def before_end(span: Any, act: Callable[[Span], None]) -> None:
    """Call `act` when the span ends, whoever ends it: however a stream ends, that comes after its last chunk."""
    end = span.end

    def act_and_end(end_time: int | None = None) -> None:
        try:
            act(span)
        except Exception:
            _logger.debug("a span is recorded in part", exc_info=True)
        end(end_time)

    span.end = act_and_end
