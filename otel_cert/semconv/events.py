"""Message events of the conventions to 1.36, kept as one JSON attribute: a list of events with `event.name`.

The events of the answer are the last ones: `gen_ai.choice`, or messages of the assistant.
"""

from __future__ import annotations

from typing import Any

from otel_cert.semconv import messages
from otel_cert.semconv.dialect import Source
from otel_cert.semconv.span import Span

_ANSWERS = frozenset(("gen_ai.choice", "gen_ai.assistant.message"))


def inputs(attribute: str) -> Source:
    """Read the messages of the request."""
    return lambda span: [_message(e) for e in _events(span, attribute)[: _answered(span, attribute)]] or None


def outputs(attribute: str) -> Source:
    """Read the messages of the answer."""
    return lambda span: [_message(e) for e in _events(span, attribute)[_answered(span, attribute) :]] or None


def _events(span: Span, attribute: str) -> list[dict[str, Any]]:
    events = span.json(attribute) if attribute in span.attributes else None
    return [e for e in events if isinstance(e, dict)] if isinstance(events, list) else []


def _answered(span: Span, attribute: str) -> int:
    """Return where the events of the answer begin."""
    events = _events(span, attribute)
    length = len(events)
    while length and events[length - 1].get("event.name") in _ANSWERS:
        length -= 1
    return length


def _message(event: dict[str, Any]) -> dict[str, Any]:
    if event.get("event.name") == "gen_ai.choice" and isinstance(event.get("message"), dict):
        return messages.message({**event["message"], "finish_reason": event.get("finish_reason")}, "assistant")
    _, _, role = str(event.get("event.name", "")).removesuffix(".message").rpartition(".")
    return messages.message(event, role)
