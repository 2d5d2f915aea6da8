"""What a dialect declares: which spans are its own, and the attributes that hold each canonical field.

A dialect is one file with one `Dialect` and one entry point in the group `otel_cert.dialects`. It holds no code: the
SQL that reads spans is built from it (`select.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import metadata
from types import MappingProxyType

from otel_cert.errors import OtelCertError

ENTRY_POINTS = "otel_cert.dialects"


class Reader(Enum):
    """How the text of an attribute becomes a value; what cannot be read is NULL."""

    TEXT = "text"
    COUNT = "count"
    """A whole number >= 0."""
    NUMBER = "number"
    """A finite number >= 0."""
    FLAG = "flag"
    LIST = "list"
    """A list of texts, sent as an array, as a JSON array or as one text."""
    JSON = "json"
    """Valid JSON, sent as text or as an OTLP array or key-value list."""
    ANY = "any"
    """Text as sent; an OTLP array or key-value list as JSON."""


FIELDS: Mapping[str, Reader] = MappingProxyType(
    {
        "operation": Reader.TEXT,
        "provider": Reader.TEXT,
        "server_address": Reader.TEXT,
        "request_model": Reader.TEXT,
        "response_model": Reader.TEXT,
        "response_id": Reader.TEXT,
        "streaming": Reader.FLAG,
        "ttft_s": Reader.NUMBER,
        "finish_reasons": Reader.LIST,
        "input_tokens": Reader.COUNT,
        "cache_read_tokens": Reader.COUNT,
        "cache_write_tokens": Reader.COUNT,
        "output_tokens": Reader.COUNT,
        "reasoning_tokens": Reader.COUNT,
        "system_instructions": Reader.JSON,
        "input_messages": Reader.JSON,
        "output_messages": Reader.JSON,
        "tool_definitions": Reader.JSON,
        "content_reference": Reader.TEXT,
        "conversation_id": Reader.TEXT,
        "user_id": Reader.TEXT,
        "agent_name": Reader.TEXT,
        "agent_id": Reader.TEXT,
        "workflow_name": Reader.TEXT,
        "retrieved_context": Reader.ANY,
        "error_type": Reader.TEXT,
        "http_status": Reader.COUNT,
        "cost_recorded_usd": Reader.NUMBER,
        "logprobs": Reader.JSON,
        "tool_name": Reader.TEXT,
        "tool_call_id": Reader.TEXT,
        "tool_arguments": Reader.ANY,
        "tool_result": Reader.ANY,
        "data_source_id": Reader.TEXT,
        "retrieval_query": Reader.ANY,
        "retrieval_documents": Reader.JSON,
    }
)
"""The canonical fields, in the terms of the semantic conventions."""

CONTENT = ("system_instructions", "input_messages", "output_messages", "tool_definitions")
"""The fields that hold prompts and answers; they may come in a log event instead of the span."""


@dataclass(frozen=True)
class Dialect:
    """One way of recording GenAI operations; every attribute name in it is ours, never a user's."""

    name: str
    """Stored in the column `dialect`."""
    scopes: tuple[str, ...]
    """Prefixes of the names of its instrumentation scopes."""
    requires: tuple[str, ...] = ()
    """Attributes that a span of these scopes must have; tells versions of one instrumentation apart."""
    marks: tuple[str, ...] = ()
    """Attributes that together show the dialect when the scope name is unknown; none = known by scope only."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Canonical field -> attribute names; the first one that is present and readable wins."""
    operations: Mapping[str, str] = field(default_factory=dict)
    """Its own operation names -> `gen_ai.operation.name` values."""
    provider_marks: Mapping[str, str] = field(default_factory=dict)
    """Attribute whose presence names the provider, whatever the provider attribute says -> provider."""
    request_prefix: str = "gen_ai.request."
    """Prefix of the request parameters."""
    first_chunk_event: str | None = None
    """Name of the span event of each streamed chunk; its first time gives the time to first token."""
    streaming_scopes: tuple[str, ...] = ()
    """Scopes that mark each streamed call: a call of theirs without the mark was not streamed."""
    cache_exclusive_scopes: tuple[str, ...] = ()
    """Scopes whose input tokens leave out what the provider's cache held."""

    def __post_init__(self) -> None:
        if unknown := sorted(self.fields.keys() - FIELDS.keys()):
            raise OtelCertError(
                f"dialect {self.name!r} maps unknown fields: {', '.join(unknown)}", hint=f"fields: {', '.join(FIELDS)}"
            )


def installed() -> tuple[Dialect, ...]:
    """Return the dialects that the entry points of this environment offer, by entry-point name."""
    points = sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return tuple(point.load() for point in points)
