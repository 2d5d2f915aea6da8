from collections import Counter

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    NumberDataPoint,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.otlp.oddities import FLAGS, FUTURE_NS, log_flags, oddities, point_flags, span_flags
from otel_cert.otlp.requests import SIGNALS

NOW = 1_790_000_000 * 10**9
IDS = {"trace_id": b"t" * 16, "span_id": b"s" * 8}


def attribute(key, text=""):
    return KeyValue(key=key, value=AnyValue(string_value=text))


def span(**fields):
    return Span(**{**IDS, "start_time_unix_nano": NOW - 5, "end_time_unix_nano": NOW, **fields})


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, []),
        ({"parent_span_id": b"p" * 8, "attributes": [attribute("a"), attribute("b")]}, []),
        ({"end_time_unix_nano": NOW + FUTURE_NS}, []),
        ({"start_time_unix_nano": NOW}, []),
        ({"trace_id": b""}, ["zero_trace_id"]),
        ({"trace_id": bytes(16)}, ["zero_trace_id"]),
        ({"span_id": b""}, ["zero_span_id"]),
        ({"span_id": bytes(8)}, ["zero_span_id"]),
        ({"trace_id": b"t" * 8}, ["odd_id_length"]),
        ({"span_id": b"s" * 16}, ["odd_id_length"]),
        ({"parent_span_id": b"p"}, ["odd_id_length"]),
        ({"start_time_unix_nano": 0}, ["no_start"]),
        ({"end_time_unix_nano": 0}, ["no_end"]),
        ({"end_time_unix_nano": NOW - 6}, ["end_before_start"]),
        ({"end_time_unix_nano": NOW + FUTURE_NS + 1}, ["far_future"]),
        ({"start_time_unix_nano": 1}, ["before_2000"]),
        ({"end_time_unix_nano": 2**63}, ["far_future", "uint64_overflow"]),
        ({"attributes": [attribute("a"), attribute("a")]}, ["duplicate_keys"]),
        ({"events": [Span.Event(attributes=[attribute("a"), attribute("a")])]}, ["duplicate_keys"]),
        ({"links": [Span.Link(attributes=[attribute("a"), attribute("a")])]}, ["duplicate_keys"]),
        ({"attributes": [attribute(str(n)) for n in range(1025)]}, ["many_attributes"]),
        ({"attributes": [attribute("a", "x" * 65536)]}, ["large_attribute"]),
        ({"events": [Span.Event(attributes=[attribute("a", "x" * 65536)])]}, ["large_attribute"]),
        ({"attributes": [attribute(f"a{n}", "x" * 1000) for n in range(100)]}, []),
    ],
)
def test_span_flags(fields, flags):
    assert span_flags(span(**fields), NOW) == flags


@pytest.mark.parametrize(
    ("record", "flags"),
    [
        (LogRecord(time_unix_nano=NOW), []),
        (LogRecord(observed_time_unix_nano=NOW, **IDS), []),
        (LogRecord(), ["no_time"]),
        (LogRecord(time_unix_nano=NOW, trace_id=bytes(16), span_id=bytes(8)), ["zero_trace_id", "zero_span_id"]),
        (LogRecord(time_unix_nano=NOW, span_id=b"s"), ["odd_id_length"]),
        (LogRecord(time_unix_nano=NOW, observed_time_unix_nano=1), ["before_2000"]),
        (LogRecord(time_unix_nano=NOW, attributes=[attribute("a"), attribute("a")]), ["duplicate_keys"]),
    ],
)
def test_log_flags(record, flags):
    assert log_flags(record, NOW) == flags


@pytest.mark.parametrize(
    ("point", "flags"),
    [
        (NumberDataPoint(time_unix_nano=NOW), []),
        (NumberDataPoint(), ["no_time"]),
        (NumberDataPoint(start_time_unix_nano=NOW, time_unix_nano=NOW - 1), ["end_before_start"]),
        (HistogramDataPoint(time_unix_nano=NOW, count=3, bucket_counts=[1, 2]), []),
        (HistogramDataPoint(time_unix_nano=NOW, bucket_counts=[2**63]), ["uint64_overflow"]),
        (ExponentialHistogramDataPoint(time_unix_nano=NOW, positive={"bucket_counts": [2**63]}), ["uint64_overflow"]),
        (ExponentialHistogramDataPoint(time_unix_nano=2**63, count=2**63), ["far_future", "uint64_overflow"]),
    ],
)
def test_point_flags(point, flags):
    assert point_flags(point, NOW) == flags


def test_oddities_count_rows_over_the_whole_request():
    request = SIGNALS["traces"].request()
    for _ in range(2):
        scope = request.resource_spans.add().scope_spans.add()
        scope.spans.extend([span(), span(end_time_unix_nano=0), span(end_time_unix_nano=0, trace_id=b"")])
    assert oddities("traces", request, NOW) == Counter(no_end=4, zero_trace_id=2)


def test_oddities_of_logs_and_metrics():
    logs = SIGNALS["logs"].request()
    logs.resource_logs.add().scope_logs.add().log_records.add()
    assert oddities("logs", logs, NOW) == {"no_time": 1}
    metrics = SIGNALS["metrics"].request()
    scope = metrics.resource_metrics.add().scope_metrics.add()
    scope.metrics.add(name="empty")
    scope.metrics.add(gauge={"data_points": [{}, {}]})
    assert oddities("metrics", metrics, NOW) == {"no_points": 1, "no_time": 2}
    assert {"no_points", "no_time"} <= FLAGS.keys()
