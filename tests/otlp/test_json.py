import base64
import json
import math
import random
import sys
import time

import pytest
from google.protobuf import json_format
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar, HistogramDataPoint, Metric, NumberDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.errors import Malformed, TooLarge
from otel_cert.otlp.json import MAX_DEPTH, parse_json
from otel_cert.otlp.requests import SIGNALS


def read(kind, document):
    return parse_json(kind, document.encode() if isinstance(document, str) else json.dumps(document).encode())


@pytest.mark.parametrize("id_", ["0af7651916cd43dd8448eb211c80319c", "0AF7651916CD43DD8448EB211C80319C"])
def test_ids_are_hex_in_any_case(id_):
    raw = bytes.fromhex(id_)
    link = {"traceId": id_, "spanId": id_[:16]}
    span = read(Span, {"traceId": id_, "spanId": id_[:16], "parentSpanId": id_[16:], "links": [link]})
    assert (span.trace_id, span.span_id, span.parent_span_id) == (raw, raw[:8], raw[8:])
    assert (span.links[0].trace_id, span.links[0].span_id) == (raw, raw[:8])
    assert read(LogRecord, link) == LogRecord(trace_id=raw, span_id=raw[:8])
    assert read(Exemplar, link) == Exemplar(trace_id=raw, span_id=raw[:8])


def test_ids_of_odd_sizes_are_read_as_sent():
    assert read(Span, {"traceId": "", "spanId": "ab"}) == Span(span_id=b"\xab")


@pytest.mark.parametrize("id_", ["abc", "W47/95gDgQPSabYzgT/GDA==", "zz", "ab cd", " abcd", 12, ["ab"], "äö"])
def test_an_id_that_is_not_hex(id_):
    with pytest.raises(Malformed, match=r"\$\.traceId: expected an id in hex"):
        read(Span, {"traceId": id_})


def test_enums_are_integers_only():
    assert read(Span, {"kind": 3, "status": {"code": 2}}).status.code == 2
    assert read(Span, {"kind": 77}).kind == 77
    for kind in ("SPAN_KIND_CLIENT", "3", 2**40, True, 1.5):
        with pytest.raises(Malformed, match=r"\$\.kind: expected an enum value as an integer"):
            read(Span, {"kind": kind})


def test_unknown_and_snake_case_keys_are_ignored():
    assert read(Span, {"trace_id": "00" * 16, "start_time_unix_nano": 1, "new": {"a": [1]}, "name": "x"}) == Span(
        name="x"
    )


def test_null_means_not_set():
    assert read(AnyValue, {"stringValue": None}).WhichOneof("value") is None
    assert read(Span, {"attributes": None, "name": None, "status": None}) == Span()


@pytest.mark.parametrize("value", [1, 2**63 - 1, -(2**63), 0])
def test_64_bit_integers_as_number_and_text(value):
    assert read(AnyValue, {"intValue": value}) == read(AnyValue, {"intValue": str(value)}) == AnyValue(int_value=value)


def test_unsigned_and_integral_floats():
    assert read(Span, {"endTimeUnixNano": "18446744073709551615"}).end_time_unix_nano == 2**64 - 1
    assert read(Span, '{"startTimeUnixNano": 1.5e18}').start_time_unix_nano == 15 * 10**17
    point = read(HistogramDataPoint, {"bucketCounts": ["1", 2], "explicitBounds": [0.5], "count": "3"})
    assert (list(point.bucket_counts), list(point.explicit_bounds), point.count) == ([1, 2], [0.5], 3)


@pytest.mark.parametrize("value", ["2**63", str(2**63), 2**63, "1_0", " 1", "", 1.5, True, "1.0", [1], "٣"])
def test_what_is_no_64_bit_integer(value):
    with pytest.raises(Malformed, match=r"\$\.intValue: expected an integer in the field's range"):
        read(AnyValue, {"intValue": value})


def test_doubles():
    def double(text):
        return read(NumberDataPoint, f'{{"asDouble": {text}}}').as_double

    assert math.isnan(double('"NaN"'))
    assert (double('"Infinity"'), double('"-Infinity"')) == (math.inf, -math.inf)
    assert (double("5"), double('"1.5e3"'), double("-2.5")) == (5.0, 1500.0, -2.5)
    for zero in ("-0", "-0.0", '"-0"'):
        assert math.copysign(1, double(zero)) == -1
    assert read(NumberDataPoint, '{"asDouble": 0}').WhichOneof("value") == "as_double"


@pytest.mark.parametrize("text", ['"nan"', '"inf"', "true", '"1_0"', '" 1"', "1e999", '"1e999"', "[]", "1" + "0" * 400])
def test_what_is_no_double(text):
    with pytest.raises(Malformed, match=r"\$\.asDouble: expected a number"):
        read(NumberDataPoint, f'{{"asDouble": {text}}}')


@pytest.mark.parametrize("text", ["AP/+", "AP_-", "/w==", "/w", "_w", ""])
def test_bytes_are_base64_of_either_alphabet(text):
    padded = text + "=" * (-len(text) % 4)
    assert read(AnyValue, {"bytesValue": text}).bytes_value == base64.urlsafe_b64decode(
        padded.translate({47: "_", 43: "-"})
    )


@pytest.mark.parametrize("text", ["a", "ab*=", "ab cd", 3])
def test_what_is_no_base64(text):
    with pytest.raises(Malformed, match="base64"):
        read(AnyValue, {"bytesValue": text})


def test_the_last_of_duplicate_keys_counts():
    assert read(Span, '{"name": "first", "name": "last", "links": [{}], "links": []}') == Span(name="last")


def test_presence_of_default_values_and_empty_messages():
    assert read(AnyValue, {"stringValue": ""}).WhichOneof("value") == "string_value"
    assert read(AnyValue, {"kvlistValue": {}}).HasField("kvlist_value")
    assert read(KeyValue, {"key": "k", "value": {}}).HasField("value")


@pytest.mark.parametrize(
    ("kind", "document", "place"),
    [
        (Span, [], r"^\$: expected an object"),
        (Span, {"name": 3}, r"^\$\.name: expected text"),
        (Span, {"name": "\ud800"}, r"^\$\.name: expected text of valid Unicode"),
        (Span, {"attributes": {}}, r"^\$\.attributes: expected an array"),
        (Span, {"attributes": [{"key": "a"}, None]}, r"^\$\.attributes\[1\]: expected an object"),
        (
            Span,
            {"attributes": [{"value": {"boolValue": 1}}]},
            r"^\$\.attributes\[0\]\.value\.boolValue: expected true or",
        ),
        (HistogramDataPoint, {"bucketCounts": [1, -1]}, r"^\$\.bucketCounts\[1\]: expected an integer"),
        (Metric, {"sum": {"dataPoints": [{"asInt": "x"}]}}, r"^\$\.sum\.dataPoints\[0\]\.asInt: expected"),
    ],
)
def test_mismatches_name_the_place(kind, document, place):
    with pytest.raises(Malformed, match=place):
        read(kind, document)


def test_errors_do_not_repeat_what_was_sent():
    with pytest.raises(Malformed) as raised:
        read(Span, {"attributes": [{"key": "gen_ai.prompt", "value": {"intValue": "my secret prompt"}}]})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b'{"name": "x"', b'{"a": [}', b'{"name": "\xff"}', b"\xff\xfe{\x00}\x00", b'{"a": NaN}', b"[[[[",
     b'{"a": ' + b"1" * 5000 + b"}", b'{"name": "x"}}', b"null", b"1"],
)  # fmt: skip
def test_what_is_no_json(body):
    with pytest.raises(Malformed):
        parse_json(Span, body)


def array_value(levels):
    return '{"arrayValue":{"values":[' * levels + '{"intValue":1}' + "]}}" * levels


def test_nesting_limit_is_that_of_protobuf():
    deepest = parse_json(AnyValue, array_value(MAX_DEPTH // 2).encode())
    assert AnyValue.FromString(deepest.SerializeToString()) == deepest
    with pytest.raises(TooLarge, match="100 messages deep"):
        parse_json(AnyValue, array_value(MAX_DEPTH // 2 + 1).encode())


@pytest.mark.parametrize("depth", [300, 100_000])
@pytest.mark.parametrize("document", ["{}", '{{"new": {}}}', '{{"a": {}, "a": 1}}'])
def test_deep_nesting_anywhere_is_refused(depth, document):
    bomb = document.format("[" * depth + "]" * depth)
    with pytest.raises(TooLarge, match="deeper than 200 levels"):
        parse_json(AnyValue, bomb.encode())


@pytest.mark.parametrize("end", ["", "\\", "}"])
def test_text_that_does_not_end_is_looked_through_once(end):
    began = time.process_time()
    with pytest.raises(Malformed):
        parse_json(Span, ('{"name": "' + '\\"' * 500_000 + end).encode())
    assert time.process_time() - began < 5  # hours, if the search began anew at every quote


def test_brackets_in_text_are_no_nesting():
    text = '[{"\\' * 1000
    assert read(AnyValue, {"stringValue": text}).string_value == text


def test_accepted_depth_does_not_depend_on_the_stack():
    limit = sys.getrecursionlimit()
    body = ('{"new": ' + "[" * 190 + "]" * 190 + "}").encode()

    def at(depth):
        return at(depth - 1) if depth else parse_json(Span, body)

    assert at(limit // 2) == Span()


def rename_ids(value):
    """Turn protobuf's JSON of a message into OTLP's: ids from base64 to hex."""
    if isinstance(value, list):
        return [rename_ids(v) for v in value]
    if not isinstance(value, dict):
        return value
    ids = ("traceId", "spanId", "parentSpanId")
    return {k: base64.b64decode(v).hex() if k in ids else rename_ids(v) for k, v in value.items()}


def fill_randomly(message, rng, depth=0):
    """Set most fields of a message and of what is below it."""
    for field in message.DESCRIPTOR.fields:
        if rng.random() < 0.3 or (field.message_type and depth > 7):
            continue
        if field.message_type and field.is_repeated:
            fill_randomly(getattr(message, field.name).add(), rng, depth + 1)
        elif field.message_type:
            fill_randomly(getattr(message, field.name), rng, depth + 1)
        else:
            value = scalar(field, rng)
            if field.is_repeated:
                getattr(message, field.name).extend([value, value])
            else:
                setattr(message, field.name, value)


def scalar(field, rng):
    kinds = {
        field.CPPTYPE_BOOL: True, field.CPPTYPE_ENUM: 1, field.CPPTYPE_INT32: -rng.getrandbits(31),
        field.CPPTYPE_INT64: -rng.getrandbits(63), field.CPPTYPE_UINT32: rng.getrandbits(32),
        field.CPPTYPE_UINT64: rng.getrandbits(64), field.CPPTYPE_DOUBLE: rng.choice([rng.random(), math.inf, -0.0]),
    }  # fmt: skip
    if field.type == field.TYPE_BYTES:
        return rng.randbytes(8)
    return kinds.get(field.cpp_type, f"text {rng.random()} \U0001f600 \0")


@pytest.mark.parametrize("signal", SIGNALS)
def test_agrees_with_protobufs_reader_on_every_field(signal):
    rng = random.Random(7)
    for _ in range(50):
        request = SIGNALS[signal].request()
        fill_randomly(request, rng)
        document = json_format.MessageToDict(request, use_integers_for_enums=True)
        assert read(SIGNALS[signal].request, rename_ids(document)) == request
