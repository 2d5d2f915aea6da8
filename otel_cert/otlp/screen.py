"""Which spans or log records of a request may be odd, found in Arrow arrays: no Python object per attribute.

`oddities` decides what is odd. An element that is not named here has no flag; one that is named usually has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.otlp.oddities import FUTURE_NS, LARGE_ATTRIBUTE_BYTES, MANY_ATTRIBUTES, YEAR_2000_NS
from otel_cert.otlp.requests import GROUPS, SIGNALS
from otel_cert.otlp.subset import Subset, Unreadable
from otel_cert.otlp.wire import any_in, owners

Mask = NDArray[np.bool_]
_Times = np.uint64 | NDArray[np.uint64]
"""One time for all elements, or one for each."""

_KINDS = {"traces": Span.DESCRIPTOR, "logs": LogRecord.DESCRIPTOR}
_FIELDS = {
    Span.DESCRIPTOR: (
        "trace_id", "span_id", "parent_span_id", "start_time_unix_nano", "end_time_unix_nano", "attributes", "events",
        "links",
    ),
    Span.Event.DESCRIPTOR: ("attributes",),
    Span.Link.DESCRIPTOR: ("attributes",),
    LogRecord.DESCRIPTOR: ("time_unix_nano", "observed_time_unix_nano", "trace_id", "span_id", "attributes"),
    KeyValue.DESCRIPTOR: ("key",),
}  # fmt: skip
for _signal in _KINDS:
    _outer, _inner, _leaf = GROUPS[_signal]
    _request = SIGNALS[_signal].request.DESCRIPTOR
    _group = _request.fields_by_name[_outer].message_type
    _FIELDS |= {_request: (_outer,), _group: (_inner,), _group.fields_by_name[_inner].message_type: (_leaf,)}

_SUBSET = Subset("otel_cert.screen", _FIELDS, {"spans", "log_records", "key"}, presence=False)
_BITS = 64
_TRACE_ID_BYTES, _SPAN_ID_BYTES = 16, 8


def suspects(signal: str, body: bytes, received_unix_ns: int) -> list[int] | None:
    """Return the positions of the elements of a valid request that may have flags; None when that is not known."""
    if signal not in _KINDS:
        return None
    outer, inner, leaf = GROUPS[signal]
    try:
        request = _SUBSET.read(SIGNALS[signal].request.DESCRIPTOR, [body])
        sent = request.field(outer).values.field(inner).values.field(leaf).values
        rows = _SUBSET.read(_KINDS[signal], sent)
    except Unreadable:
        return None
    positions: list[int] = np.flatnonzero(suspicious(signal, rows, sent, np.uint64(received_unix_ns))).tolist()
    return positions


def suspicious(signal: str, rows: pa.StructArray, sent: pa.BinaryArray, received_unix_ns: _Times) -> Mask:
    """Return which elements may have flags, by their fields, their bytes and when they were received."""
    found = _SUSPICIOUS[signal](rows, received_unix_ns + np.uint64(FUTURE_NS))
    found |= _lengths(sent) > LARGE_ATTRIBUTE_BYTES
    found |= _suspicious_attributes(rows.field("attributes"))
    return found


def _suspicious_spans(rows: pa.StructArray, latest_ns: _Times) -> Mask:
    start, end = _times(rows, "start_time_unix_nano"), _times(rows, "end_time_unix_nano")
    found: Mask = (start < YEAR_2000_NS) | (start > end) | (end > latest_ns)
    found |= _is_no_id(rows.field("trace_id"), _TRACE_ID_BYTES) | _is_no_id(rows.field("span_id"), _SPAN_ID_BYTES)
    parent = _lengths(rows.field("parent_span_id"))
    found |= (parent != _SPAN_ID_BYTES) & (parent != 0)
    for lists in (rows.field("events"), rows.field("links")):
        if len(lists.values):
            found |= any_in(lists.offsets, _suspicious_attributes(lists.values.field("attributes")))
    return found


def _suspicious_logs(rows: pa.StructArray, latest_ns: _Times) -> Mask:
    time, observed = _times(rows, "time_unix_nano"), _times(rows, "observed_time_unix_nano")
    found: Mask = (time == 0) & (observed == 0)
    for each in (time, observed):
        found |= (each != 0) & ((each < YEAR_2000_NS) | (each > latest_ns))
    for name, size in (("trace_id", _TRACE_ID_BYTES), ("span_id", _SPAN_ID_BYTES)):
        found |= _is_no_id(rows.field(name), size) & (_lengths(rows.field(name)) != 0)
    return found


_SUSPICIOUS: Mapping[str, Callable[[pa.StructArray, _Times], Mask]] = {
    "traces": _suspicious_spans,
    "logs": _suspicious_logs,
}


def _times(rows: pa.StructArray, name: str) -> NDArray[np.uint64]:
    times: NDArray[np.uint64] = _filled(rows.field(name), 0).to_numpy()
    return times


def _filled(column: pa.Array, default: object) -> pa.Array:
    # Arrow's functions take longer to call than to run here.
    return column.fill_null(pa.scalar(default, column.type)) if column.null_count else column


def _lengths(values: pa.BinaryArray) -> NDArray[np.int32]:
    offsets = np.frombuffer(values.buffers()[1], np.int32, len(values) + 1)
    return offsets[1:] - offsets[:-1]


def _is_no_id(ids: pa.BinaryArray, size: int) -> Mask:
    wrong: Mask = _lengths(ids) != size
    if wrong.any():
        zero: Mask = pc.equal(ids, bytes(size)).fill_null(False).to_numpy(zero_copy_only=False)
        return np.logical_or(wrong, zero)
    words = np.frombuffer(ids.buffers()[2], np.uint64, len(ids) * size // 8)
    return np.logical_not(words.reshape(-1, size // 8).any(axis=1))


def _suspicious_attributes(lists: pa.ListArray) -> Mask:
    """Return, per list of attributes, whether a key occurs twice or there are too many."""
    counts = np.diff(lists.offsets.to_numpy())
    keys = _filled(lists.values.field("key"), b"").dictionary_encode()
    codes, size = keys.indices.to_numpy(), len(keys.dictionary)
    found: Mask = counts > MANY_ATTRIBUTES
    if size <= _BITS:
        some = counts > 0
        bits = np.left_shift(np.uint64(1), codes.astype(np.uint64))
        sets = np.bitwise_or.reduceat(bits, lists.offsets.to_numpy()[:-1][some]) if some.any() else bits
        found[some] |= np.bitwise_count(sets) != counts[some]
    else:
        pairs = np.sort(owners(lists.offsets) * size + codes)
        found[pairs[1:][pairs[1:] == pairs[:-1]] // size] = True
    return found
