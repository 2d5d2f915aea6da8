"""OTLP requests -> rows, one Python object after the other: slow, and able to read whatever protobuf can.

Decodes metrics, and the requests that `columnar` refuses; where both can, both give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from otel_cert.otlp.columns import Context, Groups, MapColumn, Sent, arrays, assemble, content_hashes, signed
from otel_cert.otlp.oddities import log_flags, span_flags
from otel_cert.otlp.points import point_columns, point_values, points
from otel_cert.otlp.requests import GROUPS, PROTOBUF, parse
from otel_cert.otlp.unknown import unknown_fields
from otel_cert.otlp.values import attribute_codes_and_pairs, to_text
from otel_cert.otlp.wire import raw_elements
from otel_cert.schema import BLOB, LOGS, METRIC_POINTS, SPANS, Table


def decode(signal: str, sent: Iterable[Sent]) -> pa.Table:
    """Return the rows of all requests of one signal."""
    return _DECODERS[signal](signal, sent)


@dataclass(frozen=True, slots=True)
class _Element:
    """A span, log record or metric, and where it stood."""

    message: Any
    raw: bytes
    received_unix_ns: int
    group: int
    ordinal: int


def _elements(signal: str, sent: Iterable[Sent], groups: Groups, unknown: list[bytes | None]) -> Iterator[_Element]:
    """Yield every element, and fill `unknown` per element."""
    outer, inner, leaf = GROUPS[signal]
    for arrival, body in sent:
        request, raw, count = parse(signal, PROTOBUF, body), raw_elements(signal, body), 0
        for r, resource_group in enumerate(getattr(request, outer)):
            for s, scope_group in enumerate(getattr(resource_group, inner)):
                elements = getattr(scope_group, leaf)
                if not elements:
                    continue
                group = groups.add(arrival, r, s, _context(resource_group, scope_group))
                for ordinal, element in enumerate(elements):
                    yield _Element(element, next(raw), arrival.received_unix_ns, group, ordinal)
                count += len(elements)
        unknown.extend(unknown_fields(signal, request, body, count))


def _context(resource_group: Any, scope_group: Any) -> Context:
    return Context(
        resource_group.resource.SerializeToString() if resource_group.HasField("resource") else None,
        resource_group.schema_url,
        scope_group.scope.SerializeToString() if scope_group.HasField("scope") else None,
        scope_group.schema_url,
    )


def _spans(signal: str, sent: Iterable[Sent]) -> pa.Table:
    groups, attributes = Groups(), MapColumn()
    unknown: list[bytes | None] = []
    indices, rows, raw = [], [], []
    for element in _elements(signal, sent, groups, unknown):
        indices.append(element.group)
        raw.append(element.raw)
        codes = attributes.add(element.message.attributes)
        rows.append(_span_row(element, codes, attributes.last_row()))
    hashes = content_hashes(map(groups.digest, indices), raw)
    columns = arrays(_SPAN_OWN, rows) if rows else {c.name: pa.array([], c.type) for c in _SPAN_OWN}
    return _finish(SPANS, columns, groups, indices, unknown, attributes=attributes.array(), content_hash=hashes)


_SPAN_OWN = tuple(
    SPANS.columns[SPANS.names.index(name)]
    for name in (
        "trace_id", "span_id", "parent_span_id", "trace_state", "trace_flags", "name", "kind", "start_unix_ns",
        "end_unix_ns", "status_code", "status_message", "attribute_types", "dropped_attributes_count", "events",
        "dropped_events_count", "links", "dropped_links_count", "ordinal", "gen_ai_operation_name",
        "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_response_model", "flags",
    )
)  # fmt: skip

_PROMOTED_ORDER = (
    "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.system",
)  # fmt: skip
_PROMOTED = frozenset(_PROMOTED_ORDER)
_NONE_PROMOTED = (None,) * len(_PROMOTED_ORDER)


def _span_row(element: _Element, codes: str, attributes: tuple[Sequence[str], Sequence[str | None]]) -> tuple[Any, ...]:
    span, has_status = element.message, element.message.HasField("status")
    promoted = _promoted(*attributes)
    return (
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.trace_state,
        span.flags,
        span.name,
        span.kind,
        signed(span.start_time_unix_nano),
        signed(span.end_time_unix_nano),
        span.status.code if has_status else None,
        span.status.message if has_status else None,
        codes,
        span.dropped_attributes_count,
        [_event(e) for e in span.events] or None,
        span.dropped_events_count,
        [_link(k) for k in span.links] or None,
        span.dropped_links_count,
        element.ordinal,
        promoted[0],
        promoted[1] if promoted[1] is not None else promoted[4],
        promoted[2],
        promoted[3],
        span_flags(span, element.received_unix_ns, (attributes[0], len(element.raw))) or None,
    )


def _promoted(keys: Sequence[str], items: Sequence[str | None]) -> Sequence[str | None]:
    """Return the texts of the promoted attributes, in their order."""
    if _PROMOTED.isdisjoint(keys):
        return _NONE_PROMOTED
    found = dict(zip(keys, items, strict=True))
    return [found.get(key) for key in _PROMOTED_ORDER]


def _event(event: Any) -> dict[str, Any]:
    pairs, codes = attribute_codes_and_pairs(event.attributes)
    return {
        "unix_ns": signed(event.time_unix_nano),
        "name": event.name,
        "attributes": pairs,
        "attribute_types": codes,
        "dropped_attributes_count": event.dropped_attributes_count,
    }


def _link(link: Any) -> dict[str, Any]:
    pairs, codes = attribute_codes_and_pairs(link.attributes)
    return {
        "trace_id": link.trace_id.hex(),
        "span_id": link.span_id.hex(),
        "trace_state": link.trace_state,
        "attributes": pairs,
        "attribute_types": codes,
        "dropped_attributes_count": link.dropped_attributes_count,
        "flags": link.flags,
    }


_LOG_OWN = tuple(
    LOGS.columns[LOGS.names.index(name)]
    for name in (
        "unix_ns", "observed_unix_ns", "trace_id", "span_id", "trace_flags", "event_name", "severity_number",
        "severity_text", "body", "body_type", "attribute_types", "dropped_attributes_count", "ordinal", "flags",
    )
)  # fmt: skip


def _logs(signal: str, sent: Iterable[Sent]) -> pa.Table:
    groups, attributes = Groups(), MapColumn()
    unknown: list[bytes | None] = []
    indices, rows = [], []
    for element in _elements(signal, sent, groups, unknown):
        record = element.message
        indices.append(element.group)
        code, text = to_text(record.body) if record.HasField("body") else (None, None)
        rows.append(
            (
                signed(record.time_unix_nano),
                signed(record.observed_time_unix_nano),
                record.trace_id.hex(),
                record.span_id.hex(),
                record.flags,
                record.event_name,
                record.severity_number,
                record.severity_text,
                text,
                code,
                attributes.add(record.attributes),
                record.dropped_attributes_count,
                element.ordinal,
                log_flags(record, element.received_unix_ns) or None,
            )
        )
    columns = arrays(_LOG_OWN, rows) if rows else {c.name: pa.array([], c.type) for c in _LOG_OWN}
    return _finish(LOGS, columns, groups, indices, unknown, attributes=attributes.array())


def _metric_points(signal: str, sent: Iterable[Sent]) -> pa.Table:
    groups, attributes = Groups(), MapColumn()
    unknown: list[bytes | None] = []
    metric_unknown: list[bytes | None] = []
    indices: list[int] = []
    rows: list[tuple[Any, ...]] = []
    points_of: list[int] = []
    for element in _elements(signal, sent, groups, metric_unknown):
        metric = element.message
        metadata, metadata_types = attribute_codes_and_pairs(metric.metadata)
        before = len(rows)
        for point_ordinal, point in points(metric):
            codes = attributes.add(point.attributes if point is not None else [])
            indices.append(element.group)
            values = point_values(metric, point, element.received_unix_ns)
            rows.append((element.ordinal, metadata, metadata_types, point_ordinal, codes, *values))
        points_of.append(len(rows) - before)
    # What a metric says that we do not know stands once, on its first point.
    for skeleton, count in zip(metric_unknown, points_of, strict=True):
        unknown.extend([skeleton] + [None] * (count - 1))
    own = tuple(
        METRIC_POINTS.columns[METRIC_POINTS.names.index(name)]
        for name in ("ordinal", "metadata", "metadata_types", "point_ordinal", "attribute_types", *point_columns())
    )
    columns = arrays(own, rows) if rows else {c.name: pa.array([], c.type) for c in own}
    return _finish(METRIC_POINTS, columns, groups, indices, unknown, attributes=attributes.array())


def _finish(
    table: Table, columns: dict[str, pa.Array], groups: Groups, indices: list[int], unknown: list[bytes | None],
    **more: pa.Array,
) -> pa.Table:  # fmt: skip
    if not indices:
        return table.empty()
    return assemble(
        table, {**columns, **groups.columns(indices, table), "unknown_fields": pa.array(unknown, BLOB), **more}
    )


_DECODERS: dict[str, Callable[[str, Iterable[Sent]], pa.Table]] = {
    "traces": _spans,
    "logs": _logs,
    "metrics": _metric_points,
}
