"""Records: the spans that record a request to a provider, each as a row of `genai_calls`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv import terms
from otel_cert.semconv.read import Read

_UNKNOWN: Mapping[str, None] = dict.fromkeys(GENAI_CALLS.names)
_NO_FAILURE: Mapping[str, None] = dict.fromkeys(("error_type", "error_message", "http_status", "error_class"))


@dataclass(slots=True, eq=False)
class Record:
    """One span that records a call, as a row of `genai_calls`; it holds canonical fields that are no column as well."""

    read: Read
    row: dict[str, Any]
    operation: str | None
    failed: bool
    around: bool = False
    """Lies around another record of its instrumentation, which has what is known of the call."""


def record(read: Read) -> Record | None:
    """Return the record of a call; None when the span is none."""
    values = read.values
    if read.kind is not terms.Kind.CALL:
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
    span, values = read.span, read.values
    start, end = span.start_unix_ns, span.until_unix_ns
    reasons, received = values.get("finish_reasons"), values.get("output_tokens")
    counted = received or values.get("input_tokens")  # none in and none out is no count: a call has at least one in
    generates = named != "embeddings"
    return {
        **_UNKNOWN,
        **values,
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
        "dialect": read.dialect.name,
        "receive_day": span.receive_day,
        "operation": named if named in terms.CALLS else None,
        "provider": terms.provider(values.get("provider"), values.get("server_address")),
        "unreadable": sorted({*read.unreadable}) if read.unreadable else None,
        "link": _link(values),
        "finish_reasons_raw": reasons,
        "finish_reasons": [terms.finish_reason(reason) for reason in reasons] if reasons else None,
        "streaming": _streaming(read) if generates else False,
        "input_tokens_total": _input_tokens(read) if counted else None,
        "output_tokens_total": received if counted and generates else None,
        "tokens_source": _tokens_source(values) if counted else "missing",
        "content_state": _content_state(values),
        **(_failure(read) if failed else _NO_FAILURE),
    }


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


def _input_tokens(read: Read) -> int | None:
    values = read.values
    sent: int | None = values.get("input_tokens")
    cached = values.get("cache_read_tokens", 0) + values.get("cache_write_tokens", 0)
    if sent is None or not cached:
        return sent
    # The conventions count cached tokens as input; a sender that reports more cached than input does not.
    exclusive = read.span.scope_name.startswith(read.dialect.cache_exclusive) or cached > sent
    return sent + cached if exclusive else sent


def _tokens_source(values: Mapping[str, Any]) -> str:
    return "estimated" if values.get("tokens_estimated") else "reported"


def _content_state(values: Mapping[str, Any]) -> str:
    if values.get("content_redacted"):
        return "redacted"
    if "input_messages" in values or "output_messages" in values or "system_instructions" in values:
        return "present"
    return "external_ref" if "content_reference" in values else "absent"


def _failure(read: Read) -> dict[str, Any]:
    values, span = read.values, read.span
    error_type = values.get("error_type", "_OTHER")
    message = values.get("error_message") or span.status_message or None
    status = terms.http_status(values.get("http_status"), error_type, message)
    return {
        "response_model": None,  # some say the model that was asked for
        "error_type": error_type,
        "error_message": message,
        "http_status": status,
        "error_class": terms.error_class(error_type, message, status),
    }
