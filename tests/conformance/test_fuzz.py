"""Requests that are nearly right, over live sockets: point 71; `fuzz.py` is the longer command."""

import gzip
import json
import os
import random
import socket
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS
from tests.otlp.strategies import requests

from .http2 import Connection

MANY = settings(
    max_examples=int(os.environ.get("OTEL_CERT_FUZZ", "100")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
ANSWERS = {200, 400, 404, 405, 413, 415, 503}
CODES = {0: "OK", 3: "INVALID_ARGUMENT", 8: "RESOURCE_EXHAUSTED", 12: "UNIMPLEMENTED", 14: "UNAVAILABLE"}


STRANGE = (b"\xff" * 10, b"\0", b"\x80", b"\xed\xa0\x80", b"[", b"{", b'"', b"\\u", b"-", b"1e9")


def mutated(data, rng):
    """Return bytes with a few changes as faulty senders, networks and attackers make them."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.choice((1, 1, 2, 8, 100)))
        match rng.randrange(6):
            case 0:
                data[at:end] = rng.randbytes(end - at)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * rng.choice((1, 2, 50))
            case 3:
                data[at:at] = rng.choice(
                    (b"\xff" * 10, b"\0", b"\x80", b"[", b"{", b'"', b"\\u", b"\xed\xa0\x80", b"-", b"1e9")
                )
            case 4:
                del data[at:]
            case 5 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
    return bytes(data)


def reshaped(value, rng):
    """Return JSON with a few values replaced, keys renamed, and things in other places than they belong."""
    if rng.random() < 0.03:
        strange = [None, True, -1, 1 << 70, 1.5, "", "\ud800", "NaN", "AA==", [], {}, [[]], {"new": [1]}, "x" * 3000]
        return rng.choice(strange)
    if isinstance(value, list):
        items = [reshaped(item, rng) for item in value]
        return items * rng.choice((1, 1, 1, 1, 3))
    if isinstance(value, dict):
        return {rng.choice((key, key, key, key, key.upper())) if rng.random() < 0.1 else key: reshaped(item, rng)
                for key, item in value.items()}  # fmt: skip
    return value


def document(signal, rng):
    """Return an OTLP/JSON document of a signal that uses many fields, each of which may be strange."""
    attribute = {"key": "a", "value": {"kvlistValue": {"values": [{"key": "b", "value": {"arrayValue": {"values": [
        {"intValue": "1"}, {"doubleValue": "NaN"}, {"bytesValue": "AA=="}, {"boolValue": True}, {}]}}}]}}}  # fmt: skip
    ids = {"traceId": "0a" * 16, "spanId": "0b" * 8}
    times = {"startTimeUnixNano": "1", "timeUnixNano": 2, "attributes": [attribute], "exemplars": [ids]}
    histogram = times | {"count": "1", "sum": 1.5, "bucketCounts": ["1"], "explicitBounds": [0.5], "scale": 1,
                         "positive": {"offset": 1, "bucketCounts": [1]}, "quantileValues": [{"quantile": 0.5}]}  # fmt: skip
    leaf = {
        "traces": ids | {"name": "x", "kind": 3, "endTimeUnixNano": 5, "status": {"code": 2, "message": "m"}, "links": [ids],
                         "events": [times], "droppedEventsCount": 1, "flags": 256, "attributes": [attribute]},
        "logs": ids | times | {"body": attribute["value"], "severityNumber": 9, "eventName": "e"},
        "metrics": {"name": "m", rng.choice(("gauge", "sum", "histogram", "exponentialHistogram", "summary")): {
            "aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [histogram | {"asInt": "5"}]}},
    }[signal]  # fmt: skip
    (outer, inner, name) = {
        "traces": ("resourceSpans", "scopeSpans", "spans"), "logs": ("resourceLogs", "scopeLogs", "logRecords"),
        "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
    }[signal]  # fmt: skip
    group = {"resource": {"attributes": [attribute]}, inner: [{"scope": {"name": "s"}, name: [leaf]}], "schemaUrl": "u"}
    return {outer: [group]}


def healthy(service):
    """Assert that every part of the service works, and that it is the same process."""
    assert service.process.poll() is None
    service.ready_again()
    assert service.send(b"").status_code == 200


@pytest.fixture(scope="module", autouse=True)
def _still_works(service):
    yield
    healthy(service)


@pytest.mark.parametrize("signal", SIGNALS)
def test_71_mutated_protobuf(service, signal):
    """Valid protobuf requests with any change: over HTTP no 5xx but 503, over gRPC never UNKNOWN or INTERNAL."""

    @MANY
    @given(requests(signal), st.integers(0, 2**32))
    def run(request, seed):
        body = mutated(request.SerializeToString(), random.Random(seed))
        assert service.send(body, signal).status_code in (200, 400)
        call = service.call(signal).future(body, timeout=30)
        assert call.code().value[0] in (0, 3)

    run()
    healthy(service)


@pytest.mark.parametrize("signal", SIGNALS)
def test_71_mutated_json(service, signal):
    """Valid JSON requests with strange values, keys and places, or with any change of their bytes: no 5xx but 503."""

    @MANY
    @given(st.integers(0, 2**32), st.booleans())
    def run(seed, bytewise):
        rng = random.Random(seed)
        body = json.dumps(reshaped(document(signal, rng), rng)).encode()
        answer = service.send(mutated(body, rng) if bytewise else body, signal, JSON)
        assert answer.status_code in (200, 400)

    run()
    healthy(service)


HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Encoding", "Accept", "Origin", "Authorization", "Range", "TE", "X-É"]),
    st.one_of(
        st.sampled_from(["gzip", "GZIP ", "identity", "gzip,gzip", PROTOBUF, JSON, "application/json;charset=",
                         "*/*", "*", "bytes=0-", "Bearer x", "null", "trailers"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40),
    ),
)  # fmt: skip


def test_71_strange_headers_and_gzip(service):
    """Any headers, with bodies that are gzip, nearly gzip or not: no 5xx but 503."""

    @MANY
    @given(requests("traces"), HEADERS, st.sampled_from(["plain", "gzip", "broken"]), st.integers(0, 2**32))
    def run(request, headers, packing, seed):
        body = request.SerializeToString()
        packed = {
            "plain": body,
            "gzip": gzip.compress(body),
            "broken": mutated(gzip.compress(body), random.Random(seed)),
        }
        length = {"Host": "x", "Connection": "close", "Content-Length": str(len(packed[packing]))}
        sent = (
            length | {"Content-Type": PROTOBUF} | ({} if packing == "plain" else {"Content-Encoding": "gzip"}) | headers
        )
        lines = ["POST /v1/traces HTTP/1.1", *(f"{name}: {text}" for name, text in sent.items()), "", ""]
        with service.connect() as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1") + packed[packing])
            assert int(connection.makefile("rb").readline().split()[1]) in ANSWERS

    run()
    healthy(service)


def test_71_broken_http(service):
    """HTTP requests whose head, chunks or framing are broken: answered with 4xx or closed, and the server goes on."""
    whole = (
        b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n\x0a\x00\r\n0\r\n\r\n"
    )

    @MANY
    @given(st.integers(0, 2**32))
    def run(seed):
        with service.connect() as connection:
            connection.sendall(mutated(whole, random.Random(seed)))
            connection.shutdown(socket.SHUT_WR)
            first = connection.makefile("rb").readline()
        assert not first or first.split()[1] in (b"100", *(b"%d" % code for code in ANSWERS))

    run()
    healthy(service)


def test_71_broken_grpc_framing(service):
    """gRPC messages with wrong lengths, flags and compression: never UNKNOWN, and the connection goes on."""
    body = SIGNALS["traces"].request(resource_spans=[{"schema_url": "x"}]).SerializeToString()
    # INTERNAL is what gRPC itself prescribes for damaged frames; no code of ours is reached by them.
    allowed = {*map(str, CODES), "13"}

    @settings(MANY, max_examples=max(1, MANY.max_examples // 4))  # each takes two round trips and a connection
    @given(st.integers(0, 2**32), st.sampled_from(["identity", "gzip", "deflate", "snappy", ""]), st.booleans())
    def run(seed, encoding, packed):
        rng = random.Random(seed)
        content = mutated(gzip.compress(body) if packed else body, rng)
        length = rng.choice((len(content), len(content), len(content), 0, len(content) + 1, 2**32 - 1))
        with Connection(service.connect("grpc")) as raw:
            call = raw.begin(**({"grpc_encoding": encoding} if encoding else {}))
            raw.data(call, struct.pack(">BI", rng.choice((0, 1, 1, 2, 255)), length) + content)
            raw.until(lambda: raw.ended(call))
            assert raw.trailers(call).get("grpc-status", "13") in allowed
            after = raw.begin()
            raw.data(after, bytes(5))
            assert raw.trailers(after)["grpc-status"] == "0"

    run()
    healthy(service)
