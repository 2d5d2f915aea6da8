"""Data points of the five OTLP metric types as column values, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from otel_cert.otlp.columns import signed, unsigned
from otel_cert.otlp.oddities import point_flags
from otel_cert.otlp.values import attribute_codes_and_pairs, attributes_from_text

_COLUMNS = (
    "name", "description", "unit", "metric_type", "temporality", "is_monotonic", "start_unix_ns", "unix_ns",
    "value_double", "value_int", "count", "sum", "min", "max", "bucket_counts", "explicit_bounds", "scale", "zero_count",
    "zero_threshold", "positive", "negative", "quantiles", "exemplars", "point_flags", "flags",
)  # fmt: skip


def point_columns() -> tuple[str, ...]:
    """Return the columns that `point_values` fills, in its order."""
    return _COLUMNS


def points(metric: Any) -> Iterator[tuple[int | None, Any]]:
    """Yield (ordinal, point) of a metric; (None, None) once for a metric without points."""
    type_ = metric.WhichOneof("data")
    data_points = getattr(metric, type_).data_points if type_ else ()
    if not data_points:
        yield None, None
    yield from enumerate(data_points)


def point_values(metric: Any, point: Any, received_unix_ns: int) -> tuple[Any, ...]:
    """Return the values of a row of `metric_points`, in the order of `point_columns`."""
    type_ = metric.WhichOneof("data")
    data = getattr(metric, type_) if type_ else None
    values: dict[str, Any] = {
        "name": metric.name,
        "description": metric.description,
        "unit": metric.unit,
        "metric_type": type_,
        "temporality": getattr(data, "aggregation_temporality", None),
        "is_monotonic": getattr(data, "is_monotonic", None),
    }
    if point is None:
        values["flags"] = ["no_points"]
    else:
        values |= _common(point)
        values["flags"] = point_flags(point, received_unix_ns) or None
        values |= _OF_TYPE[type_ or ""](point)
    return tuple(values.get(name) for name in _COLUMNS)


def _common(point: Any) -> dict[str, Any]:
    return {
        "start_unix_ns": signed(point.start_time_unix_nano),
        "unix_ns": signed(point.time_unix_nano),
        "point_flags": point.flags,
    }


def _number(point: Any) -> dict[str, Any]:
    which = point.WhichOneof("value")
    return {
        "value_double": point.as_double if which == "as_double" else None,
        "value_int": point.as_int if which == "as_int" else None,
        "exemplars": _exemplars(point),
    }


def _distribution(point: Any) -> dict[str, Any]:
    return {
        "count": signed(point.count),
        "sum": point.sum if point.HasField("sum") else None,
        "min": point.min if point.HasField("min") else None,
        "max": point.max if point.HasField("max") else None,
        "exemplars": _exemplars(point),
    }


def _histogram(point: Any) -> dict[str, Any]:
    return _distribution(point) | {
        "bucket_counts": [signed(c) for c in point.bucket_counts],
        "explicit_bounds": list(point.explicit_bounds),
    }


def _exponential(point: Any) -> dict[str, Any]:
    return _distribution(point) | {
        "scale": point.scale,
        "zero_count": signed(point.zero_count),
        "zero_threshold": point.zero_threshold,
        "positive": _buckets(point, "positive"),
        "negative": _buckets(point, "negative"),
    }


def _summary(point: Any) -> dict[str, Any]:
    return {
        "count": signed(point.count),
        "sum": point.sum,
        "quantiles": [{"quantile": q.quantile, "value": q.value} for q in point.quantile_values],
    }


_OF_TYPE = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}


def _buckets(point: Any, side: str) -> dict[str, Any] | None:
    if not point.HasField(side):
        return None
    buckets = getattr(point, side)
    return {"offset": buckets.offset, "bucket_counts": [signed(c) for c in buckets.bucket_counts]}


def _exemplars(point: Any) -> list[dict[str, Any]] | None:
    return [_exemplar(e) for e in point.exemplars] or None


def _exemplar(exemplar: Any) -> dict[str, Any]:
    pairs, codes = attribute_codes_and_pairs(exemplar.filtered_attributes)
    which = exemplar.WhichOneof("value")
    return {
        "unix_ns": signed(exemplar.time_unix_nano),
        "value_double": exemplar.as_double if which == "as_double" else None,
        "value_int": exemplar.as_int if which == "as_int" else None,
        "trace_id": exemplar.trace_id.hex(),
        "span_id": exemplar.span_id.hex(),
        "attributes": pairs,
        "attribute_types": codes,
    }


def add_point(metric: Any, row: dict[str, Any]) -> None:
    """Add a row's point to a metric whose type is set."""
    point = getattr(metric, row["metric_type"]).data_points.add(
        start_time_unix_nano=unsigned(row["start_unix_ns"]),
        time_unix_nano=unsigned(row["unix_ns"]),
        flags=row["point_flags"],
        attributes=attributes_from_text(row["attributes"], row["attribute_types"]),
    )
    _set_value(point, row)
    _set_numbers(point, row)
    for side in ("positive", "negative"):
        if row[side] is not None:
            _set_buckets(getattr(point, side), row[side])
    for quantile in row["quantiles"] or ():
        point.quantile_values.add(**quantile)
    for exemplar in row["exemplars"] or ():
        _add_exemplar(point, exemplar)


def _set_numbers(point: Any, row: dict[str, Any]) -> None:
    for name in ("sum", "min", "max", "scale", "zero_threshold"):
        if row[name] is not None:
            setattr(point, name, row[name])
    for name in ("count", "zero_count"):
        if row[name] is not None:
            setattr(point, name, unsigned(row[name]))
    if row["bucket_counts"]:
        point.bucket_counts.extend(map(unsigned, row["bucket_counts"]))
    if row["explicit_bounds"]:
        point.explicit_bounds.extend(row["explicit_bounds"])


def _set_buckets(buckets: Any, row: dict[str, Any]) -> None:
    buckets.SetInParent()
    buckets.offset = row["offset"]
    buckets.bucket_counts.extend(map(unsigned, row["bucket_counts"]))


def _add_exemplar(point: Any, row: dict[str, Any]) -> None:
    exemplar = point.exemplars.add(
        time_unix_nano=unsigned(row["unix_ns"]),
        trace_id=bytes.fromhex(row["trace_id"]),
        span_id=bytes.fromhex(row["span_id"]),
        filtered_attributes=attributes_from_text(row["attributes"], row["attribute_types"]),
    )
    _set_value(exemplar, row)


def _set_value(holder: Any, row: dict[str, Any]) -> None:
    if row["value_double"] is not None:
        holder.as_double = row["value_double"]
    elif row["value_int"] is not None:
        holder.as_int = row["value_int"]
