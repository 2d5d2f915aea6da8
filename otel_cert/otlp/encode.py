"""Rows -> the OTLP requests that they came from, equal field by field."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pyarrow as pa

from otel_cert.otlp.columns import unsigned
from otel_cert.otlp.points import add_point
from otel_cert.otlp.requests import GROUPS, SIGNALS
from otel_cert.otlp.values import attributes_from_text, from_text

Row = dict[str, Any]


def encode(signal: str, rows: pa.Table) -> list[Any]:
    """Return one request per (receiver, sequence) of `rows`, in that order, with resources, scopes and elements as sent."""
    ordered = sorted(rows.to_pylist(), key=lambda r: (r["receiver"], r["sequence"], *_position(r)))
    return [_request(signal, list(sent)) for _, sent in groupby(ordered, key=lambda r: (r["receiver"], r["sequence"]))]


def _position(row: Row) -> tuple[int, ...]:
    point = row.get("point_ordinal")
    return row["resource_ordinal"], row["scope_ordinal"], row["ordinal"], -1 if point is None else point


def _request(signal: str, rows: list[Row]) -> Any:
    outer, inner, leaf = GROUPS[signal]
    request = SIGNALS[signal].request()
    if top := _skeleton(signal, rows):
        top.ClearField(outer)
        request.CopyFrom(top)
    for _, of_resource in groupby(rows, key=lambda r: r["resource_ordinal"]):
        resource_rows = list(of_resource)
        resource_group = getattr(request, outer).add()
        _fill_resource(signal, resource_group, resource_rows)
        for _, of_scope in groupby(resource_rows, key=lambda r: r["scope_ordinal"]):
            scope_rows = list(of_scope)
            scope_group = getattr(resource_group, inner).add()
            _fill_scope(signal, scope_group, scope_rows)
            for _, of_element in groupby(scope_rows, key=lambda r: r["ordinal"]):
                _FILL[signal](getattr(scope_group, leaf).add(), list(of_element))
    return request


def _skeleton(signal: str, rows: list[Row]) -> Any:
    """Return the kept request of the first row that has one; what surrounds its element holds for its siblings too."""
    kept = next((r["unknown_fields"] for r in rows if r["unknown_fields"] is not None), None)
    return SIGNALS[signal].request.FromString(kept) if kept is not None else None


def _fill_resource(signal: str, group: Any, rows: list[Row]) -> None:
    outer, inner, _ = GROUPS[signal]
    if skeleton := _skeleton(signal, rows):
        group.CopyFrom(getattr(skeleton, outer)[0])
        group.ClearField(inner)
        return
    row = rows[0]
    group.schema_url = row["resource_schema_url"]
    if row["resource_attributes"] is None:
        return
    resource = group.resource
    resource.SetInParent()
    resource.attributes.extend(attributes_from_text(row["resource_attributes"], row["resource_attribute_types"]))
    resource.dropped_attributes_count = row["resource_dropped_attributes_count"]
    for entity in row["resource_entities"] or ():
        resource.entity_refs.add(**entity)


def _fill_scope(signal: str, group: Any, rows: list[Row]) -> None:
    outer, inner, leaf = GROUPS[signal]
    if skeleton := _skeleton(signal, rows):
        group.CopyFrom(getattr(getattr(skeleton, outer)[0], inner)[0])
        group.ClearField(leaf)
        return
    row = rows[0]
    group.schema_url = row["scope_schema_url"]
    if row["scope_name"] is None:
        return
    scope = group.scope
    scope.SetInParent()
    scope.name, scope.version = row["scope_name"], row["scope_version"]
    scope.attributes.extend(attributes_from_text(row["scope_attributes"], row["scope_attribute_types"]))
    scope.dropped_attributes_count = row["scope_dropped_attributes_count"]


def _element(signal: str, rows: list[Row]) -> Any:
    skeleton = _skeleton(signal, rows)
    if skeleton is None:
        return None
    outer, inner, leaf = GROUPS[signal]
    return getattr(getattr(getattr(skeleton, outer)[0], inner)[0], leaf)[0]


def _fill_span(span: Any, rows: list[Row]) -> None:
    if kept := _element("traces", rows):
        span.CopyFrom(kept)
        return
    (row,) = rows
    span.trace_id, span.span_id = bytes.fromhex(row["trace_id"]), bytes.fromhex(row["span_id"])
    span.parent_span_id = bytes.fromhex(row["parent_span_id"])
    span.trace_state, span.flags, span.name, span.kind = (
        row["trace_state"],
        row["trace_flags"],
        row["name"],
        row["kind"],
    )
    span.start_time_unix_nano = unsigned(row["start_unix_ns"])
    span.end_time_unix_nano = unsigned(row["end_unix_ns"])
    if row["status_code"] is not None:
        span.status.SetInParent()
        span.status.code, span.status.message = row["status_code"], row["status_message"]
    span.attributes.extend(attributes_from_text(row["attributes"], row["attribute_types"]))
    for name in ("dropped_attributes_count", "dropped_events_count", "dropped_links_count"):
        setattr(span, name, row[name])
    for event in row["events"] or ():
        span.events.add(
            time_unix_nano=unsigned(event["unix_ns"]),
            name=event["name"],
            attributes=attributes_from_text(event["attributes"], event["attribute_types"]),
            dropped_attributes_count=event["dropped_attributes_count"],
        )
    for link in row["links"] or ():
        span.links.add(
            trace_id=bytes.fromhex(link["trace_id"]),
            span_id=bytes.fromhex(link["span_id"]),
            trace_state=link["trace_state"],
            attributes=attributes_from_text(link["attributes"], link["attribute_types"]),
            dropped_attributes_count=link["dropped_attributes_count"],
            flags=link["flags"],
        )


def _fill_log(record: Any, rows: list[Row]) -> None:
    if kept := _element("logs", rows):
        record.CopyFrom(kept)
        return
    (row,) = rows
    record.time_unix_nano = unsigned(row["unix_ns"])
    record.observed_time_unix_nano = unsigned(row["observed_unix_ns"])
    record.trace_id, record.span_id = bytes.fromhex(row["trace_id"]), bytes.fromhex(row["span_id"])
    record.flags, record.event_name = row["trace_flags"], row["event_name"]
    record.severity_number, record.severity_text = row["severity_number"], row["severity_text"]
    if row["body_type"] is not None:
        record.body.CopyFrom(from_text(row["body_type"], row["body"]))
        record.body.SetInParent()
    record.attributes.extend(attributes_from_text(row["attributes"], row["attribute_types"]))
    record.dropped_attributes_count = row["dropped_attributes_count"]


def _fill_metric(metric: Any, rows: list[Row]) -> None:
    if kept := _element("metrics", rows):
        metric.CopyFrom(kept)
        return
    row = rows[0]
    metric.name, metric.description, metric.unit = row["name"], row["description"], row["unit"]
    metric.metadata.extend(attributes_from_text(row["metadata"], row["metadata_types"]))
    if row["metric_type"] is None:
        return
    data = getattr(metric, row["metric_type"])
    data.SetInParent()
    if row["temporality"] is not None:
        data.aggregation_temporality = row["temporality"]
    if row["is_monotonic"] is not None:
        data.is_monotonic = row["is_monotonic"]
    for point in rows:
        if point["point_ordinal"] is not None:
            add_point(metric, point)


_FILL: dict[str, Callable[[Any, list[Row]], None]] = {
    "traces": _fill_span,
    "logs": _fill_log,
    "metrics": _fill_metric,
}
