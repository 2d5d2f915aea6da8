"""Message events of the conventions to 1.36, kept as one JSON attribute: a list of events with `event.name`.

The events of the answer are the last ones: `gen_ai.choice`, or messages of the assistant.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from otel_cert.semconv import messages
from otel_cert.semconv.combinators import derived
from otel_cert.semconv.computed import Source
from otel_cert.semconv.sources import json

_ANSWERS = frozenset(("gen_ai.choice", "gen_ai.assistant.message"))


def inputs(attribute: str) -> Source:
    """Read the messages of the request."""
    return derived(_split(attribute), lambda events: [_message(e) for e in events[0]] or None)


def outputs(attribute: str) -> Source:
    """Read the messages of the answer."""
    return derived(_split(attribute), lambda events: [_message(e) for e in events[1]] or None)


@cache
def _split(attribute: str) -> Source:
    """Read the events of the request and those of the answer."""

    def split(sent: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        events = [e for e in sent if isinstance(e, dict)] if isinstance(sent, list) else []
        asked = len(events)
        while asked and events[asked - 1].get("event.name") in _ANSWERS:
            asked -= 1
        return events[:asked], events[asked:]

    return derived(json(attribute), split)


def _message(event: dict[str, Any]) -> dict[str, Any]:
    if event.get("event.name") == "gen_ai.choice" and isinstance(event.get("message"), dict):
        return messages.message({**event["message"], "finish_reason": event.get("finish_reason")}, "assistant")
    _, _, role = str(event.get("event.name", "")).removesuffix(".message").rpartition(".")
    return messages.message(event, role)
