"""Logfire's clients of OpenAI and Anthropic, attribute versions 1 (`request_data`, `response_data`) and 2.

A streamed call is two spans: the request, which ends when the stream begins, and when the stream ends a log, a span of no
length, with the answer. They have the same parent, or none and then different traces. Where the answer names no model,
`gen_ai.response.model` repeats the request's.
"""

from __future__ import annotations

from typing import Any

from otel_cert.semconv import events, messages, otel
from otel_cert.semconv.dialect import Computed, Dialect, Source
from otel_cert.semconv.sources import applied, mapped, path
from otel_cert.semconv.span import Span
from otel_cert.semconv.usage import DETAILS, counts

_KIND = "logfire.span_type"
_NOTES = "logfire.scrubbed"
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

    def read(span: Span) -> Any:
        value = span.attributes.get(attribute)
        return None if isinstance(value, str) and value.startswith("[Scrubbed due to ") else value

    return Computed(read, (attribute,))


def _redacted(span: Span) -> Any:
    paths = [note["path"] for note in span.json(_NOTES)]
    return True if any(len(p) > 1 and str(p[1]).startswith(_CONTENT) for p in paths) else None


REDACTED: Source = Computed(_redacted, (_NOTES,))
"""Concludes that Logfire replaced some of the content from the paths that it notes."""


def _answered(span: Span) -> bool:
    return any(name in span.attributes for name in _ANSWERS)


def _begins_stream(span: Span) -> bool:
    begins = span.attributes.get(_KIND) == "span" and "request_data" in span.attributes
    return begins and span.status_code != 2 and not _answered(span)


def _ends_stream(span: Span) -> bool:
    return span.attributes.get(_KIND) == "log" and "request_data" in span.attributes


def _request(span: Span) -> str:
    """Return what both spans of a streamed call say of the request."""
    return "\n".join(str(span.attributes.get(name)) for name in ("request_data", "gen_ai.input.messages"))


def _completed_by(span: Span) -> Any:
    return _request(span) if _begins_stream(span) else None


def _completes(span: Span) -> Any:
    return _request(span) if _ends_stream(span) else None


def _streaming(span: Span) -> Any:
    if _begins_stream(span) or _ends_stream(span):
        return True
    return False if _answered(span) else None


def _response_model(span: Span) -> Any:
    return span.attributes.get("gen_ai.response.model") if _answered(span) and not _ends_stream(span) else None


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
        "response_model": (_response_model,),
        "response_id": (unscrubbed("gen_ai.response.id"),),
        "streaming": (path("request_data", "stream"), _streaming),
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
        "completes": (_completes,),
        "completed_by": (_completed_by,),
    },
    advice={"input_tokens": 'stream_options={"include_usage": True}'},
)  # fmt: skip
