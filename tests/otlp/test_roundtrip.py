"""OTLP -> rows -> Delta files -> DuckDB -> rows -> OTLP gives back what was sent, field by field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.otlp.columns import Arrival
from otel_cert.otlp.decode import Received, decode
from otel_cert.otlp.encode import encode
from otel_cert.otlp.requests import GROUPS, SIGNALS
from otel_cert.schema import RAW, Table, sql_type
from otel_cert.store.layout import Layout
from otel_cert.store.query import load, utc_connection
from otel_cert.store.tables import DeltaStore
from tests.otlp.strategies import requests

TABLES: dict[str, Table] = dict(zip(("traces", "logs", "metrics"), RAW, strict=True))
SIGNAL_NAMES = list(TABLES)


def rows_of(signal: str, body: bytes, sequence: int = 1) -> pa.Table:
    arrival = Arrival("otlp", sequence, 1_790_000_000_000_000_000, "0" * 32)
    return decode(signal, [Received(arrival, body)])


def through_files(tmp_path: Path, table: Table, rows: pa.Table) -> pa.Table:
    """Write to a Delta table and read back as any user of DuckDB would."""
    delta = DeltaStore(Layout.create(tmp_path))
    delta.append(table, rows, {})
    found = delta.get(table.name)
    assert found is not None
    with utc_connection() as con:
        names = ", ".join(f'"{n}"' for n in table.names)
        read = con.sql(f"SELECT {names} FROM read_parquet({found.file_uris()!r}, hive_types = {{'receive_day': DATE}})")
        return read.to_arrow_table()


@pytest.mark.parametrize("signal", SIGNAL_NAMES)
def test_every_field_comes_back(signal: str) -> None:
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(requests(signal))
    def holds(request: Any) -> None:
        body = request.SerializeToString()
        rows = rows_of(signal, body)
        assert rows.schema == TABLES[signal].arrow
        assert [r.SerializeToString(deterministic=True) for r in encode(signal, rows)] == (
            [request.SerializeToString(deterministic=True)] if rows.num_rows else []
        )

    holds()


def full(kind: Any, depth: int = 0) -> Any:
    """Return a message with every field set to something that is not its default."""
    message = kind()
    for field in kind.DESCRIPTOR.fields:
        if field.name in ("string_value_strindex", "key_strindex") or (
            field.containing_oneof and message.WhichOneof(field.containing_oneof.name)
        ):
            continue
        values = [_value(field, depth) for _ in range(2 if field.is_repeated else 1)]
        if field.is_repeated:
            getattr(message, field.name).extend(values)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(values[0])
        else:
            setattr(message, field.name, values[0])
    return message


def _value(field: Any, depth: int) -> Any:
    if field.message_type:
        kind = field.message_type._concrete_class
        if kind is AnyValue:
            return AnyValue(kvlist_value={"values": [KeyValue(key="k", value=AnyValue(double_value=0.5))] * 2})
        return full(kind, depth + 1)
    return {field.CPPTYPE_STRING: "x" if field.type == field.TYPE_STRING else b"\x01" * 8}.get(field.cpp_type, 1)


def full_request(signal: str) -> Any:
    """Return a request with every field set, and for metrics one metric of each type."""
    request = full(SIGNALS[signal].request)
    if signal == "metrics":
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for type_ in ("sum", "histogram", "exponential_histogram", "summary"):
                    data = Metric.DESCRIPTOR.fields_by_name[type_].message_type._concrete_class
                    scope.metrics.add(name=type_, **{type_: full(data)})
                number = scope.metrics.add(name="integer").gauge.data_points.add(as_int=7)
                number.time_unix_nano = 5
    return request


@pytest.mark.parametrize("signal", SIGNAL_NAMES)
def test_a_request_with_every_field_survives_the_files(signal: str, tmp_path: Path) -> None:
    request = full_request(signal)
    rows = through_files(tmp_path, TABLES[signal], rows_of(signal, request.SerializeToString()))
    (back,) = encode(signal, rows)
    assert back == request


@pytest.mark.parametrize(
    ("signal", "column"), [(s, c.name) for s, t in TABLES.items() for c in t.columns if not c.derived]
)
def test_no_column_can_be_left_out(signal: str, column: str) -> None:
    """Emptying any column that holds what was sent breaks the round trip: none is there for nothing."""
    request = full_request(signal)
    if column == "unknown_fields":
        request.MergeFromString(b"\xfa\x3f\x01!")  # field 1023, which no version of OTLP has
    rows = rows_of(signal, request.SerializeToString())
    position = rows.schema.get_field_index(column)
    emptied = rows.set_column(
        position, rows.schema.field(position), pa.nulls(rows.num_rows, rows.schema.field(position).type)
    )
    try:
        back = encode(signal, emptied)
    except (TypeError, ValueError, AttributeError, AssertionError):
        return
    assert back != [request]


@pytest.mark.parametrize("signal", SIGNAL_NAMES)
def test_unknown_fields_at_every_level_are_kept(signal: str) -> None:
    request = full_request(signal)
    outer, inner, leaf = GROUPS[signal]
    unknown = b"\xfa\x3f\x03new"
    resource = getattr(request, outer)[0]
    scope = getattr(resource, inner)[0]
    for message in (request, resource, resource.resource, scope, scope.scope, getattr(scope, leaf)[0]):
        message.MergeFromString(unknown)
    (back,) = encode(signal, rows_of(signal, request.SerializeToString()))
    assert back.SerializeToString(deterministic=True) == request.SerializeToString(deterministic=True)


def test_unknown_fields_inside_a_span_are_kept() -> None:
    request = full_request("traces")
    request.resource_spans[0].scope_spans[0].spans[0].events[0].attributes[0].value.MergeFromString(b"\xfa\x3f\x03new")
    rows = rows_of("traces", request.SerializeToString())
    assert rows["unknown_fields"].null_count == rows.num_rows - 1
    assert encode("traces", rows) == [request]


def test_requests_of_one_table_come_back_in_order(tmp_path: Path) -> None:
    first, second = full_request("traces"), SIGNALS["traces"].request()
    second.resource_spans.add().scope_spans.add().spans.append(Span(name="other"))
    rows = pa.concat_tables([rows_of("traces", r.SerializeToString(), n) for n, r in ((2, second), (1, first))])
    assert encode("traces", through_files(tmp_path, TABLES["traces"], rows)) == [first, second]


def test_awkward_values_read_well_in_sql() -> None:
    span = Span(name="s")
    for key, value in (
        ("nan", AnyValue(double_value=float("nan"))), ("zero", AnyValue(double_value=-0.0)),
        ("nul", AnyValue(string_value="a\0b")),
        ("twice", AnyValue(int_value=1)), ("twice", AnyValue(int_value=2)), ("none", AnyValue()),
    ):  # fmt: skip
        span.attributes.append(KeyValue(key=key, value=value))
    request = SIGNALS["traces"].request()
    request.resource_spans.add().scope_spans.add().spans.append(span)
    rows = rows_of("traces", request.SerializeToString())
    with duckdb.connect() as con:
        load(con, "rows", rows)
        found = con.execute(
            "SELECT isnan(attributes['nan']::DOUBLE), attributes['zero']::DOUBLE::VARCHAR, length(attributes['nul']), "
            "cardinality(attributes), attributes['none'], attribute_types, flags FROM rows"
        ).fetchone()
    assert found is not None
    assert found[:-1] == (True, "-0.0", 3, 6, None, "ddsiin")
    assert set(found[-1]) == {"duplicate_keys", "zero_trace_id", "zero_span_id", "no_start", "no_end"}


def test_arrow_types_have_a_duckdb_name() -> None:
    with duckdb.connect() as con:
        for table in RAW:
            columns = ", ".join(f'"{c.name}" {sql_type(c.type)}' for c in table.columns)
            con.execute(f"CREATE TABLE {table.name} ({columns})")
            assert len(con.execute(f"DESCRIBE {table.name}").fetchall()) == len(table.columns)
