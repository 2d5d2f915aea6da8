"""What is odd about rows as they were sent. Odd rows are stored and flagged, never rejected or changed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

from otel_cert.otlp.requests import GROUPS

LARGE_ATTRIBUTE_BYTES = 64 << 10
MANY_ATTRIBUTES = 1024
FUTURE_NS = 86_400 * 10**9
"""A clock may be this far ahead of ours."""

FLAGS: Mapping[str, str] = {
    "zero_trace_id": "The trace id is all zero, or a span has none.",
    "zero_span_id": "The span id is all zero, or a span has none.",
    "odd_id_length": "A trace id that is not 16 bytes, or a span id that is not 8.",
    "no_start": "The start of a span is 0.",
    "no_end": "The end of a span is 0.",
    "no_time": "A log record without time and observed time, or a metric point without time.",
    "end_before_start": "The end lies before the start.",
    "before_2000": "A time lies before the year 2000.",
    "far_future": "A time lies more than a day after the reception.",
    "uint64_overflow": "A time or count beyond the signed 64-bit range; its bits are kept.",
    "duplicate_keys": "An attribute key occurs more than once; all are kept.",
    "many_attributes": f"More than {MANY_ATTRIBUTES} attributes.",
    "large_attribute": f"An attribute of more than {LARGE_ATTRIBUTE_BYTES} bytes.",
    "id_conflict": "The same trace and span id came with other content too; both are kept.",
    "no_points": "A metric without data points.",
}
"""Every value of the `flags` columns, with its meaning."""

YEAR_2000_NS = 946_684_800 * 10**9
_MAX_SIGNED = (1 << 63) - 1
_NO_TRACE_ID, _NO_SPAN_ID = (b"", bytes(16)), (b"", bytes(8))
_key = attrgetter("key")

Read = tuple[Sequence[str], int]
"""A row's attribute keys and its size, given where they are known: reading them takes longer than all checks."""


def oddities(signal: str, request: Any, received_unix_ns: int, among: Sequence[int] | None = None) -> Counter[str]:
    """Return how many spans, log records or metric points of a request have each flag.

    `among` are the positions of the elements that may have any (see `screen`); None: all of them may.
    """
    flags_of = _FLAGS_OF[signal]
    found: Counter[str] = Counter()
    for element in _elements(signal, request, among):
        if flags := flags_of(element, received_unix_ns):
            found.update(flags)
    return found


def _elements(signal: str, request: Any, among: Sequence[int] | None) -> Iterator[Any]:
    """Yield all elements, or those at some ascending positions."""
    outer, inner, leaf = GROUPS[signal]
    lists = (getattr(scope, leaf) for resource in getattr(request, outer) for scope in getattr(resource, inner))
    if among is None:
        yield from chain.from_iterable(lists)
        return
    before, wanted = 0, deque(among)
    for elements in lists:
        while wanted and wanted[0] < before + len(elements):
            yield elements[wanted.popleft() - before]
        before += len(elements)


def span_flags(span: Any, received_unix_ns: int, read: Read | None = None) -> list[str]:
    """Return the flags of one span, usually none; its events and links count as parts of it."""
    parts = [part.attributes for part in (*span.events, *span.links)] if span.events or span.links else []
    found = _attribute_flags(span, span.attributes, read, parts)
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    if not YEAR_2000_NS <= start <= end <= received_unix_ns + FUTURE_NS:
        found += _span_time_flags(start, end, received_unix_ns)
    trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_span_id
    if trace_id in _NO_TRACE_ID:
        found.append("zero_trace_id")
    if span_id in _NO_SPAN_ID:
        found.append("zero_span_id")
    if len(trace_id) not in (16, 0) or len(span_id) not in (8, 0) or len(parent_id) not in (8, 0):
        found.append("odd_id_length")
    return found


def log_flags(record: Any, received_unix_ns: int, read: Read | None = None) -> list[str]:
    """Return the flags of one log record, usually none; ids are optional here."""
    found = _attribute_flags(record, record.attributes, read)
    time, observed = record.time_unix_nano, record.observed_time_unix_nano
    found += _time_flags((time, observed), received_unix_ns) if time or observed else ["no_time"]
    trace_id, span_id = record.trace_id, record.span_id
    if trace_id == bytes(16):
        found.append("zero_trace_id")
    if span_id == bytes(8):
        found.append("zero_span_id")
    if len(trace_id) not in (16, 0) or len(span_id) not in (8, 0):
        found.append("odd_id_length")
    return found


def point_flags(point: Any, received_unix_ns: int) -> list[str]:
    """Return the flags of one data point of a metric, usually none."""
    found = _attribute_flags(point, point.attributes)
    start, time = point.start_time_unix_nano, point.time_unix_nano
    found += _time_flags((start, time), received_unix_ns) if time else ["no_time"]
    if start > time > 0:
        found.append("end_before_start")
    if "uint64_overflow" not in found and any(n > _MAX_SIGNED for n in _counts(point)):
        found.append("uint64_overflow")
    return found


def _metric_flags(metric: Any, received_unix_ns: int) -> list[str]:
    data = metric.WhichOneof("data")
    points = getattr(metric, data).data_points if data else ()
    return [flag for point in points for flag in point_flags(point, received_unix_ns)] if points else ["no_points"]


def _counts(point: Any) -> Iterator[int]:
    """Yield every unsigned 64-bit number of a histogram or summary point."""
    yield getattr(point, "count", 0)
    yield getattr(point, "zero_count", 0)
    yield from getattr(point, "bucket_counts", ())
    for side in ("positive", "negative"):
        if buckets := getattr(point, side, None):
            yield from buckets.bucket_counts


def _span_time_flags(start: int, end: int, received_unix_ns: int) -> list[str]:
    missing = [flag for flag, time in (("no_start", start), ("no_end", end)) if not time]
    backward = ["end_before_start"] if 0 < end < start else []
    return missing + backward + _time_flags((start, end), received_unix_ns)


def _time_flags(times: Iterable[int], received_unix_ns: int) -> list[str]:
    """Return the flags of times; 0 means that there is none."""
    given = [time for time in times if time]
    if not given:
        return []
    checks = {
        "before_2000": min(given) < YEAR_2000_NS,
        "far_future": max(given) > received_unix_ns + FUTURE_NS,
        "uint64_overflow": max(given) > _MAX_SIGNED,
    }
    return [flag for flag, holds in checks.items() if holds]


def _attribute_flags(row: Any, attributes: Any, read: Read | None = None, parts: Sequence[Any] = ()) -> list[str]:
    """Return the flags of one row's attributes and of those of its parts."""
    keys, size = read or ([*map(_key, attributes)], row.ByteSize())
    found = []
    if len(set(keys)) != len(keys) or any(len(set(map(_key, part))) != len(part) for part in parts):
        found.append("duplicate_keys")
    if max([len(keys), *map(len, parts)]) > MANY_ATTRIBUTES:
        found.append("many_attributes")
    # The size of the whole row first: hardly any row is so large.
    if size > LARGE_ATTRIBUTE_BYTES and any(
        a.ByteSize() > LARGE_ATTRIBUTE_BYTES for group in (attributes, *parts) for a in group
    ):
        found.append("large_attribute")
    return found


_FLAGS_OF: Mapping[str, Callable[[Any, int], list[str]]] = {
    "traces": span_flags,
    "logs": log_flags,
    "metrics": _metric_flags,
}
