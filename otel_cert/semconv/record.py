"""Records: the spans that record a request to a provider, each as a row of `genai_calls`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from otel_cert.semconv import terms
from otel_cert.semconv.read import Read

_DETAILED = (
    "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "output_audio_tokens", "input_image_tokens", "output_image_tokens",
)  # fmt: skip

_COPIED = (
    "request_model", "response_model", "response_id", "ttft_s", "request_params", "system_instructions", "input_messages",
    "output_messages", "tool_definitions", "conversation_id", "user_id", "agent_name", "workflow_name",
    "retrieved_context", "cost_recorded_usd", "logprobs", "service_tier",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Record:
    """One span that records a call, as a row of `genai_calls` without what is unknown."""

    read: Read
    row: dict[str, Any]
    operation: str | None
    failed: bool
    around: bool = False
    """Lies around another record of its instrumentation, which has what is known of the call."""


def record(read: Read) -> Record | None:
    """Return the record of a call; None when the span is none."""
    values = read.values
    if terms.kind(read.operation) is not terms.Kind.CALL:
        return None
    named = read.operation
    if named == "embedding" or (
        named == "text_completion" and terms.is_embedding_model(values.get("request_model", ""))
    ):
        named = "embeddings"
    answered = "response_id" in values or "finish_reasons" in values
    if not terms.is_call(named, model="request_model" in values, answered=answered, used="input_tokens" in values):
        return None
    failed = "error_type" in values or read.span.status_code == 2
    return Record(read, _row(read, named, failed=failed), named, failed)


def _row(read: Read, named: str | None, *, failed: bool) -> dict[str, Any]:
    span, values, dialect = read.span, read.values, read.dialect
    start, end = span.start_unix_ns, span.until_unix_ns
    row = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "start_unix_ns": start,
        "end_unix_ns": end,
        "duration_ns": duration(start, end),
        "service_name": span.service_name,
        "service_version": span.service_version,
        "environment": span.environment,
        "scope_name": span.scope_name,
        "scope_version": span.scope_version,
        "dialect": dialect.name,
        "receive_day": span.receive_day,
        "operation": named if named in terms.CALLS else None,
        "provider": terms.provider(values.get("provider"), values.get("server_address")),
        "unreadable": sorted(set(read.unreadable)) or None,
        "link": _link(values),
    }
    for name in _COPIED:
        if name in values:
            row[name] = values[name]
    if reasons := values.get("finish_reasons"):
        row["finish_reasons_raw"] = reasons
        row["finish_reasons"] = [terms.finish_reason(reason) for reason in reasons]
    row["streaming"] = _streaming(read)
    row.update(_tokens(read))
    if named == "embeddings":  # nothing is generated
        row |= {"streaming": False, "output_tokens_total": None}
    row["content_state"] = _content_state(values)
    if failed:
        row.pop("response_model", None)  # some say the model that was asked for
        row.update(_failure(read))
    return row


def duration(start_unix_ns: int, end_unix_ns: int) -> int | None:
    """Return how long a call took, ns; None when the clock says that it is negative, or no start was sent."""
    took = end_unix_ns - start_unix_ns
    return took if start_unix_ns > 0 and 0 <= took < 2**63 else None


def _link(values: Mapping[str, Any]) -> str | None:
    half = values.get("completed_by", values.get("completes"))
    return None if half is None or half == "parent" else hashlib.md5(half.encode(), usedforsecurity=False).hexdigest()


def _streaming(read: Read) -> bool | None:
    if "ttft_s" in read.values and read.values.get("streaming") is None:
        return True  # who saw a first chunk was streaming
    said: bool | None = read.values.get("streaming")
    if said is None and read.dialect.says_streaming and read.span.scope_name.startswith(read.dialect.says_streaming):
        return False
    return said


def _tokens(read: Read) -> dict[str, Any]:
    """Return the token columns. Nothing in and nothing out is no count: a call has at least one token of input."""
    values = read.values
    tokens = {name: values[name] for name in _DETAILED if name in values}
    sent, received = values.get("input_tokens"), values.get("output_tokens")
    if not sent and not received:
        return {**tokens, "tokens_source": "missing"}
    if sent is not None:
        cached = tokens.get("cache_read_tokens", 0) + tokens.get("cache_write_tokens", 0)
        # The conventions count cached tokens as input; a sender that reports more cached than input does not.
        exclusive = read.span.scope_name.startswith(read.dialect.cache_exclusive) or cached > sent
        tokens["input_tokens_total"] = sent + cached if exclusive else sent
    tokens["output_tokens_total"] = received
    tokens["tokens_source"] = "estimated" if values.get("tokens_estimated") else "reported"
    return tokens


def _content_state(values: dict[str, Any]) -> str:
    if values.get("content_redacted"):
        return "redacted"
    if any(name in values for name in ("system_instructions", "input_messages", "output_messages")):
        return "present"
    return "external_ref" if "content_reference" in values else "absent"


def _failure(read: Read) -> dict[str, Any]:
    values, span = read.values, read.span
    error_type = values.get("error_type", "_OTHER")
    message = values.get("error_message") or span.status_message or None
    status = terms.http_status(values.get("http_status"), error_type, message)
    return {
        "error_type": error_type,
        "error_message": message,
        "http_status": status,
        "error_class": terms.error_class(error_type, message, status),
    }
