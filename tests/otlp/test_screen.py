import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.otlp.oddities import FUTURE_NS, LARGE_ATTRIBUTE_BYTES, oddities
from otel_cert.otlp.requests import SIGNALS
from otel_cert.otlp.screen import suspects
from tests.otlp.strategies import requests

NOW = 1_790_000_000 * 10**9
TIMES = st.sampled_from([0, 1, NOW - 5, NOW, NOW + FUTURE_NS, NOW + FUTURE_NS + 1, 2**63, 2**64 - 1])
IDS = st.sampled_from([b"", bytes(8), bytes(16), b"i" * 8, b"i" * 16, b"i" * 9])
KEYS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=3)


def attributes(keys):
    return [KeyValue(key=key, value=AnyValue(string_value="x")) for key in keys]


SPANS = st.builds(
    lambda trace, span, parent, start, end, own, event, link: Span(
        trace_id=trace, span_id=span, parent_span_id=parent, start_time_unix_nano=start, end_time_unix_nano=end,
        attributes=attributes(own), events=[Span.Event(attributes=attributes(event))],
        links=[Span.Link(attributes=attributes(link))],
    ),
    IDS, IDS, IDS, TIMES, TIMES, KEYS, KEYS, KEYS,
)  # fmt: skip
RECORDS = st.builds(
    lambda trace, span, time, observed, own: LogRecord(
        trace_id=trace, span_id=span, time_unix_nano=time, observed_time_unix_nano=observed, attributes=attributes(own)
    ),
    IDS, IDS, TIMES, TIMES, KEYS,
)  # fmt: skip


def traces(*groups):
    request = SIGNALS["traces"].request()
    for spans in groups:
        request.resource_spans.add().scope_spans.add(spans=spans)
    return request


def logs(*groups):
    request = SIGNALS["logs"].request()
    for records in groups:
        request.resource_logs.add().scope_logs.add(log_records=records)
    return request


def assert_nothing_is_missed(signal, request):
    body = request.SerializeToString()
    found = suspects(signal, body, NOW)
    assert found is not None
    assert oddities(signal, request, NOW, found) == oddities(signal, request, NOW)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(SPANS, max_size=4), max_size=3))
def test_no_odd_span_is_missed(groups):
    assert_nothing_is_missed("traces", traces(*groups))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(RECORDS, max_size=4), max_size=3))
def test_no_odd_log_record_is_missed(groups):
    assert_nothing_is_missed("logs", logs(*groups))


@settings(max_examples=50, deadline=None)
@given(request=requests("traces"))
def test_nothing_is_missed_with_any_field_set(request):
    assert_nothing_is_missed("traces", request)
    assert_nothing_is_missed("traces", request)


def good(number, **fields):
    return Span(
        trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), start_time_unix_nano=NOW - 5, end_time_unix_nano=NOW, **fields
    )  # fmt: skip


def test_ordinary_spans_are_not_named():
    spans = [good(n, parent_span_id=b"p" * 8, attributes=attributes(["a", "b"])) for n in range(1, 9)]
    assert suspects("traces", traces(spans, spans).SerializeToString(), NOW) == []


def test_odd_spans_are_named_by_their_position_in_the_request():
    odd = good(9, attributes=attributes(["a", "a"]))
    assert suspects("traces", traces([good(1), odd], [], [odd, good(2), odd]).SerializeToString(), NOW) == [1, 2, 4]


@pytest.mark.parametrize("keys", [64, 65, 1024])
def test_a_repeated_key_is_found_among_many_different_ones(keys):
    spans = [good(n + 1, attributes=attributes([f"{n}.{key}" for key in range(keys // 8)])) for n in range(8)]
    spans[5].attributes.extend(attributes([f"5.{keys // 16}"]))
    assert suspects("traces", traces(spans).SerializeToString(), NOW) == [5]


@pytest.mark.parametrize(
    "attribute",
    [
        KeyValue(key="a", value=AnyValue(string_value="x" * LARGE_ATTRIBUTE_BYTES)),
        KeyValue.FromString(b"\x9a\x06\x80\x80\x04" + bytes(1 << 16)),  # an unknown field
    ],
    ids=["value", "unknown"],
)
def test_a_large_attribute_is_found_wherever_its_bytes_are(attribute):
    request = traces([good(2), good(1, attributes=[attribute])])
    assert oddities("traces", request, NOW) == {"large_attribute": 1}
    assert suspects("traces", request.SerializeToString(), NOW) == [1]


def test_metrics_are_not_looked_at_here():
    assert suspects("metrics", b"", time.time_ns()) is None
