"""OTLP/JSON to the letter: points 22 and 35 to 43."""

import base64
import json
import math

import pytest
from google.rpc.code_pb2 import INVALID_ARGUMENT

from otel_cert.otlp.requests import JSON, SIGNALS

from .messages import accepted, log_json, metric_json, raw, refused, span_json, status, traces, value_json

UPPER, LOWER = "0AF7651916CD43DD8448EB211C80319C", "0af7651916cd43dd8448eb211c80319c"


NO_JSON = {
    "nothing": b"", "white space": b" \n", "a word": b"nonsense", "a number": b"1", "null": b"null", "text": b'"x"',
    "true": b"true", "an array": b"[]", "an array of requests": b'[{"resourceSpans": []}]',
    "cut off": b'{"resourceSpans": [',
    "a comma at the end": b'{"resourceSpans": [],}', "single quotes": b"{'resourceSpans': []}", "a comment": b"{} // x",
    "two documents": b"{}{}", "trailing garbage": b"{} x", "a bracket too many": b"{}}", "NUL at the end": b"{}\0",
    "brackets that cross": b'{"resourceSpans": [}]', "a byte order mark": b"\xef\xbb\xbf{}", "UTF-16": "{}".encode("utf-16"),
    "UTF-32": "{}".encode("utf-32-le"), "Latin-1": '{"é": 1}'.encode("latin-1"), "NaN": b'{"x": NaN}',
    "Infinity": b'{"x": -Infinity}', "a leading zero": b'{"x": 01}', "a plus": b'{"x": +1}', "hex": b'{"x": 0x1}',
    "no fraction": b'{"x": 1.}', "a line end in text": b'{"x": "\n"}', "a wrong escape": b'{"x": "\\x41"}',
    "half an escape": b'{"x": "\\u12"}', "a key that is no text": b"{1: 2}", "protobuf": traces("x"),
}  # fmt: skip


@pytest.mark.parametrize("signal", SIGNALS)
def test_22_what_is_no_json_is_refused(service, signal):
    """What is no JSON object, or not only one, or not in UTF-8, answers 400: also an empty body, and a byte order mark."""
    for case, body in NO_JSON.items():
        answer = service.send(body, signal, JSON)
        assert (answer.status_code, status(answer).code) == (400, INVALID_ARGUMENT), case
    assert accepted(service, b' \r\n\t{ "resourceSpans" : [ ] } \n', signal) is None


WRONG_SHAPES = [
    {"resourceSpans": {}}, {"resourceSpans": "x"}, {"resourceSpans": [None]}, {"resourceSpans": [[]]},
    {"resourceSpans": [{"scopeSpans": [{"spans": [1]}]}]}, {"resourceSpans": [{"resource": []}]},
]  # fmt: skip


def test_22_fields_of_another_shape_are_refused(service):
    """An object, array or text where the field is another one of these answers 400; null is a field that was not sent."""
    for document in WRONG_SHAPES:
        refused(service, json.dumps(document).encode())
    for field, wrong in {"name": 1, "attributes": {}, "status": [], "droppedEventsCount": True, "flags": -1}.items():
        refused(service, span_json("x", **{field: wrong}))
    assert accepted(service, span_json("point 22 null", kind=None, attributes=None, status=None, links=None)) is None
    assert service.stored("name = 'point 22 null'", "kind, status_code, links") == [(0, None, None)]
    assert accepted(service, b'{"resourceSpans": null}') is None


def test_35_ids_are_hex_in_any_case(service):
    """Ids are hex in upper or lower case: of spans, parents, links, log records and exemplars; stored in lower case."""
    ids = {"traceId": UPPER, "spanId": UPPER[:16]}
    mixed = {"traceId": "0Af7651916cD43dd8448Eb211C80319c", "spanId": LOWER[16:], "parentSpanId": UPPER[16:]}
    assert accepted(service, span_json("point 35 upper", **ids, parentSpanId=UPPER[:16], links=[ids])) is None
    assert accepted(service, span_json("point 35 mixed", **mixed)) is None
    assert accepted(service, log_json("point 35", **ids), "logs") is None
    assert accepted(service, metric_json("point 35", "gauge", asInt=1, exemplars=[ids]), "metrics") is None
    wanted = [("point 35 mixed", LOWER, LOWER[16:], LOWER[16:]), ("point 35 upper", LOWER, LOWER[:16], LOWER[:16])]
    rows = service.stored("name LIKE 'point 35%'", "name, trace_id, span_id, parent_span_id", n=2)
    assert sorted(rows) == wanted
    linked = service.query("SELECT links[1].trace_id, links[1].span_id FROM spans WHERE name = 'point 35 upper'")
    logged = service.stored("event_name = 'point 35'", "trace_id, span_id", table="logs")
    exemplars = service.stored(
        "name = 'point 35'", "exemplars[1].trace_id, exemplars[1].span_id", table="metric_points"
    )
    assert linked == logged == exemplars == [(LOWER, LOWER[:16])]


BASE64 = base64.b64encode(bytes.fromhex(LOWER)).decode()
NO_IDS = {
    "base64": BASE64, "base64 of 8 bytes": BASE64[:11] + "=", "an odd length": LOWER[:-1], "one digit": "a",
    "no digit": "g" * 32, "a prefix": "0x" + LOWER[2:], "hyphens": "0af76519-16cd-43dd-8448-eb211c80319c",
    "white space": LOWER[:30] + " c", "a line end": LOWER + "\n", "full-width digits": "\uff10" * 32, "a number": 12345678,
    "an array": [10, 247], "a surrogate": "\ud800" * 2, "an object": {},
}  # fmt: skip
PLACES = {
    "traceId": lambda id_: ("traces", span_json("x", traceId=id_)),
    "spanId": lambda id_: ("traces", span_json("x", spanId=id_)),
    "parentSpanId": lambda id_: ("traces", span_json("x", parentSpanId=id_)),
    "links.traceId": lambda id_: ("traces", span_json("x", links=[{"traceId": id_}])),
    "links.spanId": lambda id_: ("traces", span_json("x", links=[{}, {"spanId": id_}])),
    "logs.traceId": lambda id_: ("logs", log_json("x", traceId=id_)),
    "logs.spanId": lambda id_: ("logs", log_json("x", spanId=id_)),
    "exemplars.traceId": lambda id_: ("metrics", metric_json("x", "gauge", exemplars=[{"traceId": id_}])),
    "exemplars.spanId": lambda id_: ("metrics", metric_json("x", "sum", exemplars=[{"spanId": id_}])),
}


@pytest.mark.parametrize("place", PLACES)
def test_36_other_ids_are_refused(service, place):
    """An id in base64, of an odd length, or anything else that is not hex answers 400, wherever it stands."""
    for id_ in NO_IDS.values():
        signal, body = PLACES[place](id_)
        refused(service, body, signal)


ENUMS = {
    "kind": ("SPAN_KIND_CLIENT", lambda e: ("traces", span_json("x", kind=e))),
    "status.code": ("STATUS_CODE_ERROR", lambda e: ("traces", span_json("x", status={"code": e}))),
    "severityNumber": ("SEVERITY_NUMBER_INFO", lambda e: ("logs", log_json("x", severityNumber=e))),
    "aggregationTemporality": (
        "AGGREGATION_TEMPORALITY_DELTA",
        lambda e: (
            "metrics",
            json.dumps(
                {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"aggregationTemporality": e}}]}]}]}
            ).encode(),
        ),
    ),
}


@pytest.mark.parametrize("place", ENUMS)
def test_37_enums_by_name_are_refused(service, place):
    """An enum by its name, or as anything but an integer, answers 400."""
    name, request = ENUMS[place]
    for wrong in (name, "1", "", 1.5, True, [1], 1 << 40):
        signal, body = request(wrong)
        refused(service, body, signal)


def test_37_enums_are_integers(service):
    """Enums are integers, also such as this version does not know."""
    accepted(service, span_json("point 37", kind=3, status={"code": 2}))
    accepted(service, span_json("point 37", kind=99, status={"code": 0}))
    rows = service.stored("name = 'point 37'", "kind, status_code", n=2)
    assert sorted(rows) == [(3, 2), (99, 0)]


SNAKE = {
    "trace_id": LOWER, "span_id": "no hex", "parent_span_id": 5, "start_time_unix_nano": [], "dropped_events_count": "x",
    "trace_state": {}, "TraceId": 1, "traceid": 2, "Name": 3, "": 4, "kind ": "SPAN_KIND_CLIENT",
}  # fmt: skip


def test_38_snake_case_keys_are_ignored(service):
    """Keys in snake_case, or in another case, are unknown, whatever they hold."""
    span = json.loads(span_json("point 38", **SNAKE))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    document = {"resource_spans": 1, "resourceSpans": [{"scope_spans": 2, "scopeSpans": [{"spans": [span]}]}]}
    assert accepted(service, json.dumps(document).encode()) is None
    assert service.stored("name = 'point 38'", "trace_id, parent_span_id, kind") == [(span["traceId"], "", 0)]
    assert (
        accepted(service, b'{"resource_spans": [{"scope_spans": [{"spans": [{"name": "point 38 snake"}]}]}]}') is None
    )


NEW = {"new": {"a": [1, {"b": None}], "c": "\ud800"}, "deepNew": [[[[]]]], "x" * 5000: 1.5e300}


def test_39_unknown_fields_are_ignored(service):
    """Keys that this version does not know are ignored at every level."""
    attribute = {"key": "a", "value": {"kvlistValue": {"values": [{"key": "b", **NEW}], **NEW}, **NEW}, **NEW}
    span = json.loads(span_json("point 39", events=[{"name": "e", **NEW}], links=[NEW], status={"code": 1, **NEW}))
    group = span["resourceSpans"][0] | {"resource": {"attributes": [attribute], **NEW}} | NEW
    scope = group["scopeSpans"][0] | {"scope": {"name": "s", **NEW}} | NEW
    scope["spans"] = [scope["spans"][0] | NEW]
    body = json.dumps({"resourceSpans": [group | {"scopeSpans": [scope]}], **NEW}).encode()
    assert accepted(service, body) is None
    assert accepted(service, log_json("point 39", **NEW), "logs") is None
    assert accepted(service, metric_json("point 39", "gauge", asInt=1, **NEW), "metrics") is None
    assert service.stored("name = 'point 39'", "scope_name, status_code, events[1].name") == [("s", 1, "e")]
    service.stored("event_name = 'point 39'", table="logs")
    service.stored("name = 'point 39'", table="metric_points")


def test_40_64_bit_integers_are_numbers_or_text(service):
    """64-bit integers are numbers or text, with every digit kept, up to the ends of their range."""
    cases = [0, 1, -1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
    for n in cases:
        accepted(service, value_json("intValue", n, f"point 40 {n}"))
        accepted(service, value_json("intValue", str(n), f"point 40 {n}"))
    rows = service.stored("name LIKE 'point 40 %'", "name, attributes['a'], attribute_types", n=2 * len(cases))
    assert sorted(rows) == sorted([(f"point 40 {n}", str(n), "i") for n in cases] * 2)
    counts = {"count": "3", "bucketCounts": ["1", 2], "explicitBounds": [0.5], "timeUnixNano": 2**63 - 1}
    accepted(service, metric_json("point 40", "histogram", **counts), "metrics")
    columns = "count, bucket_counts, unix_ns"
    assert service.stored("name = 'point 40'", columns, table="metric_points") == [(3, [1, 2], 2**63 - 1)]


NO_INTEGERS = [2**63, -(2**63) - 1, str(2**63), "", " 1", "1 ", "1_0", "0x1", "1.5", 1.5, "٣", True, [], {}, 1e300]


def test_40_what_is_no_64_bit_integer_is_refused(service):
    """Anything else, or out of range, answers 400."""
    for wrong in NO_INTEGERS:
        refused(service, value_json("intValue", wrong))
    for wrong in (-1, "-1", 2**64, str(2**64), "1" * 5000):
        refused(service, span_json("x", startTimeUnixNano=wrong))
    refused(service, raw(value_json("intValue", 77), b": 77", b": " + b"7" * 5000))


DOUBLES = {'"NaN"': math.nan, '"Infinity"': math.inf, '"-Infinity"': -math.inf, "-0": -0.0, "-0.0": -0.0, '"-0"': -0.0,
           "5": 5.0, '"1.5e3"': 1500.0, "1e308": 1e308, "5e-324": 5e-324, "0.1": 0.1, "1E2": 100.0}  # fmt: skip


def test_41_doubles(service):
    """Doubles are numbers or text, also NaN, Infinity, -Infinity and -0, and keep every bit."""
    for n, text in enumerate(DOUBLES):
        body = raw(metric_json(f"point 41 {n:02}", "gauge", asDouble=77), b": 77", f": {text}".encode())
        accepted(service, body, "metrics")
    rows = service.stored("name LIKE 'point 41 %'", "name, value_double", n=len(DOUBLES), table="metric_points")
    assert [repr(found) for _, found in sorted(rows)] == [repr(wanted) for wanted in DOUBLES.values()]
    for text in (
        '"nan"',
        '"inf"',
        '"infinity"',
        '"+Infinity"',
        "true",
        '"1_0"',
        '" 1"',
        "1e999",
        '"1e999"',
        "[]",
        '""',
    ):
        refused(service, raw(value_json("doubleValue", 77), b": 77", f": {text}".encode()))
        refused(service, raw(metric_json("x", "gauge", asDouble=77), b": 77", f": {text}".encode()), "metrics")


@pytest.mark.parametrize("text", ["AP/+", "AP_-", "/w==", "/w", "_w", ""])
def test_42_bytes_are_base64(service, text):
    """`bytesValue` is base64, in either alphabet, with or without padding."""
    name = f"point 42 {text}"
    accepted(service, value_json("bytesValue", text, name))
    ((stored, kind),) = service.stored(f"name = '{name}'", "attributes['a'], attribute_types")
    wanted = base64.urlsafe_b64decode(text.replace("/", "_").replace("+", "-") + "=" * (-len(text) % 4))
    assert (base64.b64decode(stored), kind) == (wanted, "y")


def test_42_what_is_no_base64_is_refused(service):
    """Anything else answers 400."""
    for wrong in ("a", "ab*=", "ab cd", "é", 3, [1], "\ud800", "====", "A=B="):
        refused(service, value_json("bytesValue", wrong))


def test_43_of_duplicate_keys_the_last_counts(service):
    """Of a key that is given twice the last value counts, every time, at every level."""
    for n in range(3):
        body = raw(span_json(f"point 43 {n}", links=[{"traceId": LOWER}], kind=77), b'"kind": 77',
                   b'"kind": 4, "kind": 5, "links": [], "status": {"code": 1, "code": 2}')  # fmt: skip
        accepted(service, body)
    assert service.stored("name LIKE 'point 43%'", "kind, status_code, links", n=3) == [(5, 2, None)] * 3
    accepted(
        service, b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "point 43 lost"}]}]}], "resourceSpans": []}'
    )
    assert service.query("SELECT count(*) FROM spans WHERE name = 'point 43 lost'") == [(0,)]
