"""Message events of the conventions to 1.36, kept as one JSON attribute: a list of events with `event.name`.

The events of the answer are the last ones: `gen_ai.choice`, or messages of the assistant.
"""

from __future__ import annotations

from typing import Any

from otel_cert.semconv import messages
from otel_cert.semconv.dialect import Computed
from otel_cert.semconv.span import Span

_ANSWERS = frozenset(("gen_ai.choice", "gen_ai.assistant.message"))


def inputs(attribute: str) -> Computed:
    """Read the messages of the request."""
    return Computed(lambda span: [_message(e) for e in _split(span, attribute)[0]] or None, (attribute,))


def outputs(attribute: str) -> Computed:
    """Read the messages of the answer."""
    return Computed(lambda span: [_message(e) for e in _split(span, attribute)[1]] or None, (attribute,))


def _split(span: Span, attribute: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the events of the request and those of the answer."""
    sent = span.json(attribute)
    events = [e for e in sent if isinstance(e, dict)] if isinstance(sent, list) else []
    asked = len(events)
    while asked and events[asked - 1].get("event.name") in _ANSWERS:
        asked -= 1
    return events[:asked], events[asked:]


def _message(event: dict[str, Any]) -> dict[str, Any]:
    if event.get("event.name") == "gen_ai.choice" and isinstance(event.get("message"), dict):
        return messages.message({**event["message"], "finish_reason": event.get("finish_reason")}, "assistant")
    _, _, role = str(event.get("event.name", "")).removesuffix(".message").rpartition(".")
    return messages.message(event, role)
