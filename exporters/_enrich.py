"""What is added to the spans of calls: the standard attributes that they lack, and ours.

A span is never changed: where it has a standard attribute with another value, ours stands beside it under our prefix.
Spans that an otel-cert enriched before stay as they are, and so do spans under ids that came with several contents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from importlib import resources
from typing import Any

import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

from otel_cert.otlp.encode import encode
from otel_cert.schema import COSTS, GENAI_CALLS
from otel_cert.semconv.span import ADDED
from otel_cert.store import snapshots
from otel_cert.store.known import CONFLICT
from otel_cert.store.layout import Layout
from otel_cert.store.query import show_table, utc_connection
from otel_cert.store.snapshots import Snapshot

PREFIX = "otel_cert."
"""Of every attribute that the conventions have no name for."""

STANDARD: Mapping[str, str] = {
    "operation": "gen_ai.operation.name",
    "provider": "gen_ai.provider.name",
    "request_model": "gen_ai.request.model",
    "response_model": "gen_ai.response.model",
    "response_id": "gen_ai.response.id",
    "conversation_id": "gen_ai.conversation.id",
    "agent_name": "gen_ai.agent.name",
    "ttft_s": "gen_ai.response.time_to_first_chunk",
    "error_type": "error.type",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}
"""Column of `enrich.sql` -> attribute of the GenAI semantic conventions, 1.41."""

OURS: Mapping[str, tuple[str, str]] = {
    "dialect": ("dialect", "Which dialect's rules read the span; every enriched span has it."),
    "dedupe_group": ("dedupe_group", "Same value for the records of one provider call; only this one has the cost."),
    "error_class": ("error.class", "Class of the failure: rate_limit, server, auth, timeout and others."),
    "total_cost": ("cost.total", "Cost of the call; not set when unknown."),
    "input_cost": ("cost.input", "Its part for input that was not cached."),
    "cache_read_cost": ("cost.cache_read", "Its part for input read from the provider's cache."),
    "cache_write_cost": ("cost.cache_write", "Its part for input written to the provider's cache."),
    "output_cost": ("cost.output", "Its part for output, reasoning included."),
    "currency": ("cost.currency", "ISO 4217 code of the cost."),
    "cost_reason": ("cost.reason", "Why the cost is unknown or not certain: no_price, no_model, no_tokens and others."),
    "price_id": ("cost.price_id", "Provider and model of the price used."),
    "price_source": ("cost.price_source", "Where the price comes from."),
    "price_version": ("cost.price_version", "Version of the price list."),
}
"""Column of `enrich.sql` -> (attribute without prefix, meaning)."""

_SQL = (resources.files(__package__) / "enrich.sql").read_text(encoding="utf-8")

Ids = tuple[bytes, bytes]
Call = Mapping[str, Any]


def calls_of(layout: Layout, snapshot: Snapshot, spans: pa.Table) -> dict[Ids, Call]:
    """Return, by (trace id, span id), what is known of those `spans` that are calls."""
    wanted = [
        ids
        for *ids, flags in zip(*(spans[name].to_pylist() for name in ("trace_id", "span_id", "flags")), strict=True)
        if CONFLICT not in (flags or ())
    ]
    if not wanted or GENAI_CALLS.name not in snapshot.tables:
        return {}
    starts = spans["start_unix_ns"].to_pylist()
    with utc_connection() as con:
        con.execute("SET threads = 1")
        for table in (GENAI_CALLS, COSTS):
            show_table(con, table, snapshots.table_files(layout, snapshot, table.name))
        con.register("wanted", pa.table(dict(zip(("trace_id", "span_id"), zip(*wanted, strict=True), strict=True))))
        rows = con.sql(_SQL, params={"first_ns": min(starts), "last_ns": max(starts)}).to_arrow_table().to_pylist()
    return {(bytes.fromhex(row["trace_id"]), bytes.fromhex(row["span_id"])): row for row in rows}


def enriched(rows: pa.Table, calls: Mapping[Ids, Call]) -> bytes:
    """Return the export request of span rows, enriched with what is known of the calls among them."""
    requests = encode("traces", rows)
    if calls:
        for span, flags in zip(_spans(requests), rows["flags"].to_pylist(), strict=True):
            call = calls.get((span.trace_id, span.span_id))
            if call and CONFLICT not in (flags or ()):
                span.attributes.extend(additions(span, call))
    return serialised(requests)


def serialised(requests: Iterable[Any]) -> bytes:
    """Return one request that holds all of `requests`: bytes of protobuf messages one after the other are their union."""
    return b"".join(request.SerializeToString() for request in requests)


def _spans(requests: Iterable[Any]) -> Iterator[Any]:
    return (
        span
        for request in requests
        for resource_group in request.resource_spans
        for scope_group in resource_group.scope_spans
        for span in scope_group.spans
    )


def additions(span: Any, call: Call) -> list[KeyValue]:
    """Return the attributes to add to a call's span; none when an otel-cert in line before added them."""
    present = {attribute.key: attribute.value for attribute in span.attributes}
    if ADDED in present:
        return []
    added = []
    for column, key in STANDARD.items():
        if (value := call[column]) is not None and present.get(key) != _value(value):
            added.append(KeyValue(key=PREFIX + key if key in present else key, value=_value(value)))
    names = [AnyValue(string_value=one.key) for one in added]
    added.append(KeyValue(key=ADDED, value=AnyValue(array_value=ArrayValue(values=names))))
    for column, (name, _) in OURS.items():
        if (value := call[column]) is not None:
            added.append(KeyValue(key=PREFIX + name, value=_value(value)))
    return added


def _value(value: object) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float | Decimal):
        return AnyValue(double_value=float(value))
    raise TypeError(f"no attribute value: {type(value).__name__}")
