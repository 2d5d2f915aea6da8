"""The columnar decoder against the one that reads row by row: equal tables, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.otlp import columnar, rows
from otel_cert.otlp.columns import Arrival, Sent
from otel_cert.otlp.decode import Received, decode
from otel_cert.otlp.encode import encode
from otel_cert.otlp.requests import GROUPS, JSON, SIGNALS, parse
from otel_cert.otlp.wire import Refused, raw_elements, read
from tests.otlp.strategies import requests

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
NOW = 1_790_000_000_000_000_000
FAST = list(columnar.SIGNALS)


def sent(*bodies: bytes) -> list[Sent]:
    return [(Arrival("otlp", n, NOW + n, f"{n:032x}", "someone" * (n % 2)), body) for n, body in enumerate(bodies, 1)]


def in_order(table: pa.Table) -> pa.Table:
    """Rows in the order sent; requests that need the row decoder come last."""
    return table.sort_by([(c, "ascending") for c in ("sequence", "resource_ordinal", "scope_ordinal", "ordinal")])


def assert_equal(found: pa.Table, expected: pa.Table) -> None:
    """Compare as Python values: Arrow holds no NaN equal to itself; ours are text."""
    assert found.schema == expected.schema
    assert in_order(found).to_pylist() == in_order(expected).to_pylist()


def span_request(*spans: bytes) -> bytes:
    """Return a request whose spans are these bytes."""
    return _field(1, _field(2, b"".join(_field(2, span) for span in spans)))


def _field(number: int, content: bytes) -> bytes:
    assert number < 16
    length = [len(content) & 0x7F | 0x80, len(content) >> 7] if len(content) > 127 else [len(content)]
    return bytes([number << 3 | 2, *length]) + content


@pytest.mark.parametrize("signal", FAST)
def test_generated_requests_decode_the_same(signal: str) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(requests(signal), max_size=3))
    def holds(several: list[Any]) -> None:
        given_ = sent(*(request.SerializeToString() for request in several))
        assert_equal(columnar.decode(signal, given_), rows.decode(signal, given_))

    holds()


@pytest.mark.parametrize("signal", FAST)
def test_recorded_requests_are_all_taken(signal: str) -> None:
    bodies = [path.read_bytes() for path in sorted(CAPTURES.glob(f"*/*.{signal}*.pb"))]
    bodies += [
        parse(signal, JSON, path.read_bytes()).SerializeToString() for path in CAPTURES.glob(f"*/*.{signal}*.json")
    ]
    assert len(bodies) > 5
    assert_equal(columnar.decode(signal, sent(*bodies)), rows.decode(signal, sent(*bodies)))


SPAN = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name="n", start_time_unix_nano=NOW - 9, end_time_unix_nano=NOW)
TWICE = b"\x2a\x01m"  # `name` once more
DEFAULT = b"\x22\x00\x30\x00"  # an empty parent id and kind 0, written out as Go does
UNKNOWN = b"\xfa\x3f\x01!"
GROUP = b"\xfb\x3f\xfc\x3f"
LONG_VARINT = b"\x30\x82\x00"  # kind 2 in two bytes


def attribute(value: bytes) -> bytes:
    return _field(9, _field(1, b"key") + _field(2, value))


@pytest.mark.parametrize(
    ("extra", "taken"),
    [
        (b"", True),
        (DEFAULT, True),
        (b"\x7a\x00", True),  # a status without anything in it
        (b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", True),  # kind -1
        (attribute(b""), True),
        (_field(9, b""), True),
        (attribute(_field(5, b"")), True),
        (TWICE, False),
        (UNKNOWN, False),
        (GROUP, False),
        (LONG_VARINT, False),
        (attribute(_field(1, b"x") + b"\x18\x01"), False),  # a string and an integer: the last counts
        (attribute(_field(5, UNKNOWN)), False),  # below an array
        (attribute(_field(5, _field(1, _field(6, UNKNOWN)))), False),
        (_field(11, _field(3, _field(2, b"\x10\x01" + UNKNOWN))), False),  # in an event
        (b"\x7a\x00\x7a\x00", False),  # two of a message are merged
    ],
)
def test_every_byte_has_a_column_or_the_request_is_refused(extra: bytes, taken: bool) -> None:
    plain, odd = span_request(SPAN.SerializeToString()), span_request(SPAN.SerializeToString() + extra)
    given_ = sent(plain, odd, plain)
    expected = rows.decode("traces", given_)
    assert_equal(decode("traces", [Received(*each) for each in given_]), expected)
    if taken:
        assert_equal(columnar.decode("traces", given_), expected)
    else:
        with pytest.raises(Refused):
            columnar.decode("traces", given_)
    assert len(set(expected["content_hash"].to_pylist())) == (2 if extra else 1)


@pytest.mark.parametrize(
    "odd",
    [
        Span(), Span(trace_id=bytes(16), span_id=bytes(8)), Span(trace_id=b"t", span_id=b"s", parent_span_id=b"p"),
        Span(start_time_unix_nano=2**63, end_time_unix_nano=1), Span(attributes=[KeyValue(key="a")] * 2),
        Span(attributes=[KeyValue(key=str(n)) for n in range(1025)]), Span(name="x" * (65 << 10)),
        Span(events=[Span.Event(attributes=[KeyValue(key="a")] * 2)]),
        Span(links=[Span.Link(attributes=[KeyValue()] * 2)]),
    ],
    ids=lambda span: str(span)[:30].replace("\n", " "),
)  # fmt: skip
def test_one_odd_span_among_plain_ones_has_its_flags(odd: Span) -> None:
    span = Span()
    span.CopyFrom(SPAN)
    span.MergeFrom(odd)
    request = SIGNALS["traces"].request()
    request.resource_spans.add().scope_spans.add(spans=[SPAN, span, odd, SPAN])
    given_ = sent(request.SerializeToString())
    found = columnar.decode("traces", given_)
    assert found["flags"][0].as_py() is None
    assert_equal(found, rows.decode("traces", given_))


@pytest.mark.parametrize("level", ["request", "resource group", "resource", "scope group", "scope"])
def test_unknown_fields_around_a_span_refuse_its_request_alone(level: str) -> None:
    request = SIGNALS["traces"].request()
    group = request.resource_spans.add(resource={"attributes": [KeyValue(key="service.name")]})
    scope = group.scope_spans.add(scope={"name": "lib"}, spans=[SPAN])
    plain = request.SerializeToString()
    places = {"resource group": group, "resource": group.resource, "scope group": scope, "scope": scope.scope}
    places.get(level, request).MergeFromString(UNKNOWN)
    given_ = sent(plain, request.SerializeToString(), plain)
    with pytest.raises(Refused) as refused:
        columnar.decode("traces", given_)
    assert refused.value.positions == {1}
    table = decode("traces", [Received(*each) for each in given_])
    assert encode("traces", table)[1] == request
    assert_equal(table, rows.decode("traces", given_))


@pytest.mark.parametrize(
    "body", [b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc", b"\x0a\x05ab", b"\x0a\x02\x1a\xff", b"\x00"]
)
def test_bytes_that_are_no_protobuf_are_refused_and_nothing_breaks(body: bytes) -> None:
    """Also where the library panics."""
    with pytest.raises(Refused):
        read(SIGNALS["traces"].request.DESCRIPTOR, [b"", body])


def test_json_and_protobuf_of_a_span_have_one_content_hash() -> None:
    text = (
        b'{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},'
        b'"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",'
        b'"name":"n","kind":2}]}]}]}'
    )
    arrival = Arrival("otlp", 1, NOW, "")
    protobuf = parse("traces", JSON, text).SerializeToString()
    both = decode("traces", [Received(arrival, text, JSON), Received(arrival, protobuf)])
    assert len(set(both["content_hash"].to_pylist())) == 1


@pytest.mark.parametrize("signal", list(SIGNALS))
def test_raw_elements_are_what_was_sent(signal: str) -> None:
    outer, inner, leaf = GROUPS[signal]
    request = SIGNALS[signal].request()
    scope = getattr(getattr(request, outer).add(), inner).add()
    elements = [getattr(scope, leaf).add(), getattr(scope, leaf).add()]
    elements[1].MergeFromString(UNKNOWN)
    assert list(raw_elements(signal, request.SerializeToString())) == [b"", UNKNOWN]
