"""Whether prompts and answers are recorded, and where.

OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT decides, as in OpenTelemetry: `NO_CONTENT` (the default), `SPAN_ONLY`,
`EVENT_ONLY` or `SPAN_AND_EVENT`; the older `true` and `false` stand for the first two. Other instrumentations have
variables of their own, some with recording as their default: they are told what this one says.
"""

from __future__ import annotations

import os
from enum import Flag

from otel_cert.errors import UsageError

VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class Content(Flag):
    """Where content goes."""

    NONE = 0
    SPAN = 1
    """The attributes `gen_ai.input.messages`, `gen_ai.output.messages`, ... of the span."""
    EVENT = 2
    """The log event `gen_ai.client.inference.operation.details`."""


_VALUES = {
    "": Content.NONE,
    "NO_CONTENT": Content.NONE,
    "FALSE": Content.NONE,
    "SPAN_ONLY": Content.SPAN,
    "TRUE": Content.SPAN,
    "EVENT_ONLY": Content.EVENT,
    "SPAN_AND_EVENT": Content.SPAN | Content.EVENT,
}
_NAMES = ("NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT")

_OTHERS: dict[str, tuple[str | None, str]] = {
    # Traceloop's, which records unless told otherwise.
    "TRACELOOP_TRACE_CONTENT": ("true", "false"),
    # The Anthropic client's own spans; the instrumentation's, around them, have the content.
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": (None, "metadata_only"),
    # OpenInference's, which record unless told otherwise.
    "OPENINFERENCE_HIDE_INPUTS": ("false", "true"),
    "OPENINFERENCE_HIDE_OUTPUTS": ("false", "true"),
}
"""Variable -> (its value when content is recorded, None for as it is; its value when not)."""


def captured() -> Content:
    """Return where content goes now; what the variable cannot mean is no content."""
    return _VALUES.get(os.environ.get(VARIABLE, "").strip().upper(), Content.NONE)


def decide(capture_content: bool | None) -> Content:
    """Set the variable to what the application asked for, and every other instrumentation's to what it says.

    None leaves the variable's word, and where it says nothing, what the application set for one library alone. Raises
    UsageError for a value that is none of the valid ones; nothing is recorded then.
    """
    if capture_content is False or (capture_content and not captured()):
        os.environ[VARIABLE] = "SPAN_ONLY" if capture_content else "NO_CONTENT"
    word = os.environ.get(VARIABLE, "").strip().upper()
    content = captured()
    for variable, (recorded, hidden) in _OTHERS.items():
        value = recorded if Content.SPAN in content else hidden  # they know no events
        if value and (word or variable not in os.environ):
            os.environ[variable] = value
    if word in ("TRUE", "FALSE"):  # newer instrumentations know only the names
        os.environ[VARIABLE] = "SPAN_ONLY" if content else "NO_CONTENT"
    if word not in _VALUES:
        raise UsageError(f"{VARIABLE}={word} is not known", hint=f"use one of {', '.join(_NAMES)}")
    return content
