"""OTLP requests -> rows of `spans` and `logs`, a column at a time: no Python object per attribute.

Raises Refused for requests with anything in them that has no column here; `rows` reads those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf.descriptor import Descriptor
from numpy.typing import NDArray
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.otlp.columns import Sent, assemble, content_hashes
from otel_cert.otlp.oddities import log_flags, span_flags
from otel_cert.otlp.pivot import Attributes, pivot, to_texts
from otel_cert.otlp.screen import suspicious
from otel_cert.otlp.split import Elements, split
from otel_cert.otlp.wire import any_in, lengths, read, sizes
from otel_cert.schema import BIGINT, BLOB, EVENT, INT, LINK, LOGS, SPANS, TEXT, Table

Columns = dict[str, pa.Array]
Mask = NDArray[np.bool_]


def decode(signal: str, sent: Sequence[Sent]) -> pa.Table:
    """Return the rows of all requests of one signal of SIGNALS."""
    table, kind, own_columns = SIGNALS[signal]
    elements = split(signal, sent)
    if not len(elements.raw):
        return table.empty()
    fields = read(kind, elements.raw)
    elements.refuse(sizes(kind, fields) != lengths(elements.raw))
    shared = {
        "ordinal": pa.array(elements.ordinal, INT),
        "unknown_fields": pa.nulls(len(elements.raw), BLOB),
        **elements.groups.columns(elements.group, table),
    }
    return assemble(table, own_columns(elements, fields) | shared)


_EVENT = {"unix_ns": "time_unix_nano", "name": "name", "dropped_attributes_count": "dropped_attributes_count"}
_LINK = {
    "trace_id": "trace_id", "span_id": "span_id", "trace_state": "trace_state", "flags": "flags",
    "dropped_attributes_count": "dropped_attributes_count",
}  # fmt: skip
_SPAN = {
    "trace_id": "trace_id", "span_id": "span_id", "parent_span_id": "parent_span_id", "trace_state": "trace_state",
    "trace_flags": "flags", "name": "name", "kind": "kind", "start_unix_ns": "start_time_unix_nano",
    "end_unix_ns": "end_time_unix_nano", "dropped_attributes_count": "dropped_attributes_count",
    "dropped_events_count": "dropped_events_count", "dropped_links_count": "dropped_links_count",
}  # fmt: skip
_LOG = {
    "unix_ns": "time_unix_nano", "observed_unix_ns": "observed_time_unix_nano", "trace_id": "trace_id",
    "span_id": "span_id", "trace_flags": "flags", "event_name": "event_name", "severity_number": "severity_number",
    "severity_text": "severity_text", "dropped_attributes_count": "dropped_attributes_count",
}  # fmt: skip
"""Columns by the field that they hold."""


def _spans(elements: Elements, fields: pa.StructArray) -> Columns:
    attributes = pivot(fields.field("attributes"))
    parts = [(lists, pivot(lists.values.field("attributes"))) for lists in map(fields.field, ("events", "links"))]
    for lists, each in parts:
        elements.refuse(any_in(lists.offsets, each.unreadable))
    elements.refuse(attributes.unreadable)
    digests = map(elements.groups.digest, elements.group.tolist())
    return {
        **_columns(fields, _SPAN),
        **_status(fields.field("status")),
        **_attributes(attributes),
        "events": _parts(*parts[0], _EVENT, EVENT),
        "links": _parts(*parts[1], _LINK, LINK),
        **_promoted(attributes),
        "content_hash": content_hashes(digests, elements.raw.to_pylist()),
        "flags": _flags("traces", elements, fields, lambda sent, now: span_flags(Span.FromString(sent), now)),
    }


def _logs(elements: Elements, fields: pa.StructArray) -> Columns:
    attributes = pivot(fields.field("attributes"))
    codes, body, unreadable = to_texts(fields.field("body"))
    elements.refuse(attributes.unreadable | unreadable)
    return {
        **_columns(fields, _LOG),
        **_attributes(attributes),
        "body": body,
        "body_type": pa.array(codes.view("S1").astype("U1"), TEXT, mask=codes == ord("-")),
        "flags": _flags("logs", elements, fields, lambda sent, now: log_flags(LogRecord.FromString(sent), now)),
    }


def _attributes(attributes: Attributes) -> Columns:
    return {"attributes": attributes.maps(), "attribute_types": attributes.types()}


def _promoted(attributes: Attributes) -> Columns:
    return {
        "gen_ai_operation_name": attributes.promoted("gen_ai.operation.name"),
        "gen_ai_provider_name": pc.coalesce(*map(attributes.promoted, ("gen_ai.provider.name", "gen_ai.system"))),
        "gen_ai_request_model": attributes.promoted("gen_ai.request.model"),
        "gen_ai_response_model": attributes.promoted("gen_ai.response.model"),
    }


def _status(status: pa.StructArray) -> Columns:
    """Return code and message; NULL where no status was sent."""
    return {
        f"status_{name}": pc.if_else(status.is_valid(), _column(status.field(name)), None)
        for name in ("code", "message")
    }


def _parts(lists: pa.ListArray, attributes: Attributes, names: Mapping[str, str], type_: pa.StructType) -> pa.ListArray:
    """Return events or links as a list per row, NULL where there are none."""
    columns = _columns(lists.values, names) | _attributes(attributes)
    parts = pa.StructArray.from_arrays([columns[field.name] for field in type_], fields=list(type_))
    none = pa.array(np.diff(lists.offsets.to_numpy()) == 0)
    return pa.ListArray.from_arrays(lists.offsets, parts, type=pa.list_(type_), mask=none)


def _columns(fields: pa.StructArray, names: Mapping[str, str]) -> Columns:
    return {column: _column(fields.field(field)) for column, field in names.items()}


def _column(field: pa.Array) -> pa.Array:
    """Return a field as its column holds it: the default for what was not sent, ids in hex, unsigned numbers as signed."""
    if pa.types.is_binary(field.type):
        return _hex(field.fill_null(b""))
    if pa.types.is_string(field.type):
        return field.fill_null("")
    numbers = field.fill_null(0)
    if pa.types.is_uint64(field.type):
        return numbers.view(BIGINT)  # keeps the bits
    return numbers.cast(BIGINT) if pa.types.is_uint32(field.type) else numbers


def _hex(ids: pa.BinaryArray) -> pa.StringArray:
    _, offsets, content = ids.buffers()
    starts = np.frombuffer(offsets, np.int32)[ids.offset : ids.offset + len(ids) + 1]
    digits = _HEX[np.frombuffer(content or b"", np.uint8)]
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(starts * 2), pa.py_buffer(digits))


_HEX = np.array([f"{byte:02x}".encode() for byte in range(256)]).view(np.uint16)
"""The two digits of each byte, as one number."""


def _flags(
    signal: str, elements: Elements, fields: pa.StructArray, exact: Callable[[bytes, int], list[str]]
) -> pa.Array:
    """Return the flags: looking closely at suspicious rows only, which may turn out to have none."""
    received = elements.received_unix_ns()
    rows = np.flatnonzero(suspicious(signal, fields, elements.raw, received)).tolist()
    if not rows:
        return pa.nulls(len(fields), _FLAGS)
    found: list[list[str] | None] = [None] * len(fields)
    for row in rows:
        found[row] = exact(elements.raw[row].as_py(), int(received[row])) or None
    return pa.array(found, _FLAGS)


_FLAGS = pa.list_(TEXT)


SIGNALS: Mapping[str, tuple[Table, Descriptor, Callable[[Elements, pa.StructArray], Columns]]] = {
    "traces": (SPANS, Span.DESCRIPTOR, _spans),
    "logs": (LOGS, LogRecord.DESCRIPTOR, _logs),
}
"""What is decoded here: its table, its message, its own columns."""
