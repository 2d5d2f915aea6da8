"""The canonical fields that dialects are read into, and how a sent value becomes one.

A reader takes any plain value and returns the field's, or None when it cannot be that: a wrong type is no error, and never
a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import orjson

from otel_cert.semconv import messages
from otel_cert.semconv.terms import Kind

_MOST = 10**12
"""No call has more tokens: a greater count is a fault of the sender, and one alone would ruin every sum."""

_LARGEST = 2**63
"""JSON may hold integers that are larger than those of a column; no cost and no time is."""

_STRUCTURED = (list, dict)

_TRUE, _FALSE = frozenset(("true", "1")), frozenset(("false", "0"))


def text(value: Any) -> str | None:
    """Read non-empty text; numbers and truth values as text."""
    if isinstance(value, str):
        return value if value and "\0" not in value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def count(value: Any) -> int | None:
    """Read a whole number >= 0."""
    if type(value) is int:
        return value if 0 <= value <= _MOST else None
    number_ = number(value)
    return int(number_) if number_ is not None and number_ <= _MOST and number_ == int(number_) else None


def number(value: Any) -> float | int | None:
    """Read a number >= 0 that a column can hold."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _LARGEST else None


def flag(value: Any) -> bool | None:
    """Read a truth value, also as text."""
    if isinstance(value, str):
        lower = value.lower()
        return True if lower in _TRUE else False if lower in _FALSE else None
    return value if isinstance(value, bool) else None


def texts(value: Any) -> list[str] | None:
    """Read a list of texts, sent as an array, as a JSON array or as one text."""
    if isinstance(value, str):
        value = _loads(value) if value.startswith("[") else [value]
    if not isinstance(value, list):
        return None
    return [item for item in value if isinstance(item, str) and item] or None


def json(value: Any) -> str | None:
    """Read JSON as text; sent as text that holds JSON, or structured."""
    if isinstance(value, str):
        return value if value and _loads(value) is not None else None
    return _dumps(value) if isinstance(value, _STRUCTURED) else None


def any_text(value: Any) -> str | None:
    """Read text as sent; anything structured as JSON."""
    if isinstance(value, _STRUCTURED):
        return _dumps(value)
    if isinstance(value, str):
        return value or None
    return text(value)


def content(value: Any) -> str | None:
    """Read messages, in the JSON schema of the semantic conventions whatever shape they were sent in."""
    sent = _loads(value) if isinstance(value, str) else value
    if not sent or not isinstance(sent, _STRUCTURED):
        return None
    try:
        normal = messages.normal(sent)
    except messages.FAULTS:
        return None
    return value if isinstance(value, str) and normal is sent else _dumps(normal)


def instructions(value: Any) -> str | None:
    """Read system instructions: parts without a role."""
    sent = _loads(value) if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") else value
    if not sent:
        return None
    try:
        if isinstance(sent, list) and messages.are_parts(sent):
            return value if isinstance(value, str) else _dumps(sent)
        return _dumps(messages.parts(sent))
    except messages.FAULTS:
        return None


def tools(value: Any) -> str | None:
    """Read tool definitions."""
    sent = _loads(value) if isinstance(value, str) else value
    try:
        return _dumps(messages.tool_definitions(sent)) if isinstance(sent, list) and sent else None
    except messages.FAULTS:
        return None


def _loads(value: str) -> Any:
    try:
        return orjson.loads(value)
    except (ValueError, RecursionError):
        return None


def _dumps(value: Any) -> str | None:
    try:
        try:
            return orjson.dumps(value, default=str).decode()
        except TypeError:  # keys that are no text, rare enough that looking for them each time takes longer
            return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError, RecursionError):  # an integer beyond 64 bits, a lone surrogate
        return None


Reader = Callable[[Any], Any]


def read_all(read: Reader, values: Sequence[Any]) -> list[Any]:
    """Return what a reader makes of each of many values; that they are all text that stays as it is, is soon said."""
    if read is text and all(values):
        with suppress(TypeError):  # not all are text
            if "\0" not in "".join(values):
                return list(values)
    return list(map(read, values))


FIELDS: Mapping[str, Reader] = MappingProxyType(
    {
        "operation": text,
        "provider": text,
        "server_address": text,
        "request_model": text,
        "response_model": text,
        "response_id": text,
        "streaming": flag,
        "ttft_s": number,
        "finish_reasons": texts,
        "request_params": json,
        "input_tokens": count,
        "cache_read_tokens": count,
        "cache_write_tokens": count,
        "output_tokens": count,
        "reasoning_tokens": count,
        "cache_write_1h_tokens": count,
        "input_audio_tokens": count,
        "output_audio_tokens": count,
        "input_image_tokens": count,
        "output_image_tokens": count,
        "service_tier": text,
        "tokens_estimated": flag,
        "system_instructions": instructions,
        "input_messages": content,
        "output_messages": content,
        "tool_definitions": tools,
        "content_reference": text,
        "content_redacted": flag,
        "conversation_id": text,
        "user_id": text,
        "agent_name": text,
        "agent_id": text,
        "workflow_name": text,
        "retrieved_context": any_text,
        "error_type": text,
        "error_message": text,
        "http_status": count,
        "cost_recorded_usd": number,
        "logprobs": json,
        "tool_name": text,
        "tool_call_id": text,
        "tool_arguments": any_text,
        "tool_result": any_text,
        "data_source_id": text,
        "retrieval_query": any_text,
        "retrieval_documents": json,
        "completes": text,
        "completed_by": text,
    }
)
"""Field -> its reader, in the terms of the semantic conventions.

Some instrumentations record one call in two spans. The second says in `completes` which: `parent` is its parent span, any
other text is the span of the same scope that began before it and has this text in `completed_by`.
"""

_TOOL = frozenset(("tool_name", "tool_call_id", "tool_arguments", "tool_result"))
_RETRIEVAL = frozenset(("data_source_id", "retrieval_query", "retrieval_documents"))
_RUN = frozenset(("agent_name", "agent_id", "workflow_name", "conversation_id"))

FIELDS_OF: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.CALL: frozenset(FIELDS) - _TOOL - _RETRIEVAL - {"operation", "agent_id"},
        Kind.TOOL: _TOOL | {"error_type"},
        Kind.RETRIEVAL: _RETRIEVAL | {"error_type"},
        Kind.RUN: _RUN | {"error_type"},
        Kind.OTHER: frozenset(),
    }
)
"""The fields that an operation of each kind has."""

CONTENT = ("system_instructions", "input_messages", "output_messages", "tool_definitions")
"""The fields that hold prompts and answers."""
