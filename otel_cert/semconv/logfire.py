"""Logfire's clients of OpenAI and Anthropic, attribute versions 1 (`request_data`, `response_data`) and 2.

A streamed call is two spans: the request, which ends when the stream begins, and when the stream ends a log, a span of no
length, with the answer. They have the same parent, or none and then different traces. Where the answer names no model,
`gen_ai.response.model` repeats the request's.
"""

from __future__ import annotations

from typing import Any

from otel_cert.semconv import events, messages, otel
from otel_cert.semconv.combinators import STATUS, derived, has
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import applied, mapped, path
from otel_cert.semconv.span import json_value, parsed
from otel_cert.semconv.usage import DETAILS, counts

_KIND = "logfire.span_type"
_NOTES = "logfire.scrubbed"
_ERROR = 2  # STATUS_CODE_ERROR
_ANSWERS = (
    "gen_ai.response.id",
    "gen_ai.usage.raw",
    "gen_ai.output.messages",
    "response_data",
    "gen_ai.usage.input_tokens",
)
"""A request that was answered in one piece has one of these."""

_CONTENT = ("gen_ai.input.", "gen_ai.output.", "gen_ai.system_", "request_data", "response_data", "events")


PENDING: Source = mapped(_KIND, {"pending_span": "pending_span"})
"""Reads the operation of a span that is sent when it begins, and sent again when it ended: none that is known."""


def unscrubbed(attribute: str) -> Source:
    """Read an attribute that Logfire did not replace."""
    return derived(
        attribute, lambda sent: None if isinstance(sent, str) and sent.startswith("[Scrubbed due to ") else sent
    )


def _redacted(_: bool, notes: Any) -> Any:
    paths = [note["path"] for note in parsed(notes, json_value)]
    return True if any(len(p) > 1 and str(p[1]).startswith(_CONTENT) for p in paths) else None


REDACTED: Source = derived(has(_NOTES), _redacted, _NOTES)
"""Concludes that Logfire replaced some of the content from the paths that it notes."""

_ANSWERED, _ASKED = has(*_ANSWERS), has("request_data")
_BEGINS = derived(
    _ASKED,
    lambda _, kind, status, answered: (kind == "span" and status != _ERROR and not answered) or None,
    _KIND,
    STATUS,
    _ANSWERED,
)
"""Concludes that a span is the first of a streamed call."""
_ENDS = derived(_ASKED, lambda _, kind: kind == "log" or None, _KIND)
"""Concludes that a span is the second of a streamed call."""


def _request(_: bool, *sent: Any) -> str:
    """Return what both spans of a streamed call say of the request."""
    return "\n".join(map(str, sent))


_REQUEST = ("request_data", "gen_ai.input.messages")


def _answer(response: Any) -> Any:
    """Read `response_data`: a message, or the text of a completion or stream."""
    if not isinstance(response, dict):
        return None
    said = response.get("message")
    if not isinstance(said, dict):
        text = response.get("text") or response.get("combined_chunk_content")
        said = {"content": text} if text else None
    return [messages.message({**said, "finish_reason": response.get("finish_reason")}, "assistant")] if said else None


def _finish_reasons(output: Any) -> Any:
    reasons = [m.get("finish_reason") for m in output if isinstance(m, dict)] if isinstance(output, list) else []
    return [reason for reason in reasons if reason] or None


_RAW = counts(path("gen_ai.usage.raw"))
_OLD = counts(path("response_data", "usage"))

DIALECT = Dialect(
    name="logfire",
    scopes=("logfire.openai", "logfire.anthropic"),
    marks=("gen_ai.request.model", "logfire.span_type", "request_data"),
    fields={
        **otel.FIELDS,
        "operation": (PENDING, "gen_ai.operation.name"),
        "request_model": ("gen_ai.request.model", path("request_data", "model")),
        "response_model": (
            derived(
                "gen_ai.response.model",
                lambda model, answered, ends: model if answered and not ends else None,
                _ANSWERED,
                _ENDS,
            ),
        ),
        "response_id": (unscrubbed("gen_ai.response.id"),),
        "streaming": (path("request_data", "stream"), _BEGINS, _ENDS, derived(_ANSWERED, lambda _: False)),
        "finish_reasons": (
            "gen_ai.response.finish_reasons",
            applied(_finish_reasons, path("gen_ai.output.messages")),
            path("response_data", "finish_reason"),
        ),
        **{
            field: (*otel.FIELDS.get(field, ()), _RAW[field], _OLD[field])
            for field in ("input_tokens", "output_tokens", *DETAILS)
        },
        "system_instructions": ("gen_ai.system_instructions", path("request_data", "system")),
        "input_messages": (
            "gen_ai.input.messages", path("request_data", "messages"), events.inputs("events"),
        ),
        "output_messages": (
            "gen_ai.output.messages", applied(_answer, path("response_data")), events.outputs("events"),
        ),
        "tool_definitions": ("gen_ai.tool.definitions", path("request_data", "tools")),
        "content_redacted": (REDACTED,),
        "cost_recorded_usd": ("operation.cost",),
        "completes": (derived(_ENDS, _request, *_REQUEST),),
        "completed_by": (derived(_BEGINS, _request, *_REQUEST),),
    },
    advice={"input_tokens": 'stream_options={"include_usage": True}'},
)  # fmt: skip
