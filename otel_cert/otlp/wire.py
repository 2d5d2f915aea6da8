"""Protobuf bytes straight into Arrow arrays, with proof that nothing was left behind.

The messages read here are wire-compatible with OTLP's: they name the fields that have a column, take as bytes what is
recursive or wanted as bytes (length-delimited either way), and tell an absent scalar from one that is zero. So the length
that the arrays would encode to is known exactly, and it is the length that was sent only if every field is known, was sent
once and in its shortest form. Whatever differs is left to `rows`, which reads everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from numpy.typing import NDArray
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from otel_cert.otlp.requests import GROUPS, SIGNALS
from otel_cert.otlp.subset import Subset, Unreadable

_AS_BYTES = {"resource", "scope", "spans", "log_records", "metrics", "array_value", "kvlist_value"}
_FIELDS: dict[Descriptor, tuple[str, ...]] = {
    Span.DESCRIPTOR: (
        "trace_id", "span_id", "trace_state", "parent_span_id", "name", "kind", "start_time_unix_nano",
        "end_time_unix_nano", "attributes", "dropped_attributes_count", "events", "dropped_events_count", "links",
        "dropped_links_count", "status", "flags",
    ),
    Span.Event.DESCRIPTOR: ("time_unix_nano", "name", "attributes", "dropped_attributes_count"),
    Span.Link.DESCRIPTOR: ("trace_id", "span_id", "trace_state", "attributes", "dropped_attributes_count", "flags"),
    Status.DESCRIPTOR: ("message", "code"),
    LogRecord.DESCRIPTOR: (
        "time_unix_nano", "observed_time_unix_nano", "severity_number", "severity_text", "body", "attributes",
        "dropped_attributes_count", "flags", "trace_id", "span_id", "event_name",
    ),
    KeyValue.DESCRIPTOR: ("key", "value"),
    AnyValue.DESCRIPTOR: (
        "string_value", "bool_value", "int_value", "double_value", "array_value", "kvlist_value", "bytes_value",
    ),
}  # fmt: skip
"""The fields of each message that have a column."""
for _signal, (_outer, _inner, _leaf) in GROUPS.items():
    _request = SIGNALS[_signal].request.DESCRIPTOR
    _group = _request.fields_by_name[_outer].message_type
    _scope = _group.fields_by_name[_inner].message_type
    _FIELDS |= {_request: (_outer,), _group: ("resource", _inner, "schema_url"), _scope: ("scope", _leaf, "schema_url")}

_WIRE = Subset("otel_cert.wire", _FIELDS, _AS_BYTES, presence=True)


class Refused(Exception):
    """Some requests are not what this module reads; `positions` says which of those given."""

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(f"{len(positions)} requests need the row decoder")
        self.positions = frozenset(positions)


def read(kind: Descriptor, payloads: Sequence[bytes] | pa.BinaryArray) -> pa.StructArray:
    """Return one row per message; raises Refused (all of them) when the bytes cannot be read."""
    try:
        return _WIRE.read(kind, payloads)
    except Unreadable:
        raise Refused(range(len(payloads))) from None


def raw_elements(signal: str, body: bytes) -> Iterator[bytes]:
    """Yield the bytes of each span, log record or metric of a request, as sent."""
    outer, inner, leaf = GROUPS[signal]
    request: Any = _WIRE.message(SIGNALS[signal].request.DESCRIPTOR).FromString(body)
    for group in getattr(request, outer):
        for scope in getattr(group, inner):
            yield from getattr(scope, leaf)


def sizes(kind: Descriptor, rows: pa.StructArray) -> NDArray[np.int64]:
    """Return the length in bytes that each row encodes to, without its own tag and length."""
    total = np.zeros(len(rows), np.int64)
    for name in _FIELDS[kind]:
        field, column = kind.fields_by_name[name], rows.field(name)
        tag = 1 if field.number < 16 else 2  # four bits of the first byte are the number
        if field.is_repeated:
            ends = np.concatenate([[0], np.cumsum(tag + _sizes(field, column.values))])
            offsets = column.offsets.to_numpy()
            total += ends[offsets[1:]] - ends[offsets[:-1]]
        elif column.null_count < len(column):
            total += np.where(is_valid(column), tag + _sizes(field, column), 0)
    return total


def lengths(column: pa.Array) -> NDArray[np.int64]:
    """Return the length in bytes of each text or binary value; 0 for NULL."""
    found: NDArray[np.int64] = pc.binary_length(column).fill_null(0).to_numpy().astype(np.int64)
    return found


def owners(offsets: pa.Int32Array) -> NDArray[np.int64]:
    """Return, per element of a list column, the row that its list belongs to."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets.to_numpy()))


def any_in(offsets: pa.Int32Array, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return, per list, whether any of its elements is marked."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    if marked.any():
        found[owners(offsets)[marked]] = True
    return found


def is_valid(column: pa.Array) -> NDArray[np.bool_]:
    """Return which values are not NULL."""
    return np.asarray(column.is_valid())


def _sizes(field: FieldDescriptor, column: pa.Array) -> NDArray[np.int64]:
    """Return the encoded length of each value, with its length prefix if it has one; of NULL it means nothing."""
    if pa.types.is_struct(column.type):
        assert field.message_type is not None  # noqa: S101 - only messages become structs
        return _prefixed(sizes(field.message_type, column))
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        return _prefixed(lengths(column))
    if field.type in _FIXED:
        return np.full(len(column), _FIXED[field.type], np.int64)
    return _varint(column.fill_null(0).to_numpy().astype(np.int64).view(np.uint64))


_FIXED = {
    FieldDescriptor.TYPE_FIXED64: 8, FieldDescriptor.TYPE_DOUBLE: 8, FieldDescriptor.TYPE_FIXED32: 4,
    FieldDescriptor.TYPE_BOOL: 1,
}  # fmt: skip


def _prefixed(content: NDArray[np.int64]) -> NDArray[np.int64]:
    return content + _varint(content.view(np.uint64))


def _varint(numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how many bytes each number takes, seven bits in each."""
    length = np.ones(len(numbers), np.int64)
    largest = int(numbers.max(initial=0))
    for bits in range(7, 64, 7):
        if not largest >> bits:
            break
        length += numbers >= np.uint64(1 << bits)
    return length
