import gzip
import json
import socket
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from google.protobuf import json_format
from google.rpc.code_pb2 import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE
from google.rpc.status_pb2 import Status
from structlog.testing import capture_logs

from otel_cert.errors import Backpressure, UsageError
from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS
from otel_cert.receivers._intake import check
from otel_cert.receivers.otlp import OtlpReceiver, OtlpSettings
from tests.receivers.conftest import DAY_NS, traces

LIMIT = 1 << 20
HEADERS = {"Content-Type": PROTOBUF}
BODY = traces().SerializeToString()
JSON_BODY = json.dumps(
    {
        "resourceSpans": [
            {"scopeSpans": [{"spans": [{
                "traceId": "0AF7651916CD43DD8448eb211c80319c", "spanId": "b7ad6b7169203331", "kind": 3, "name": "chat",
                "startTimeUnixNano": str(time.time_ns()), "endTimeUnixNano": time.time_ns(), "trace_state": "ignored",
            }]}]}
        ]
    }
).encode()  # fmt: skip


def status(response):
    """Return the google.rpc.Status of an error answer, read in the encoding that it claims."""
    if response.headers["content-type"] == JSON:
        return json_format.Parse(response.text, Status())
    assert response.headers["content-type"] == PROTOBUF
    return Status.FromString(response.content)


def test_protobuf(running):
    answer = running.post(BODY)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, PROTOBUF, b"")
    (request,) = running.sink.requests
    assert (request.signal, request.content_type, request.body) == ("traces", PROTOBUF, BODY)


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_json(running, content_type):
    answer = running.post(JSON_BODY, content_type=content_type)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, JSON, b"{}")
    assert (running.sink.requests[0].content_type, running.sink.requests[0].body) == (JSON, JSON_BODY)
    assert running.sink.spans()[0].trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("content_type", "body"), [(PROTOBUF, b""), (JSON, b"{}")])
def test_empty_requests_succeed_without_the_log(running, signal, content_type, body):
    assert running.post(body, signal, content_type).status_code == 200
    assert running.sink.groups == []


def test_gzip(running):
    assert running.post(gzip.compress(BODY), **{"Content-Encoding": "gzip"}).status_code == 200
    members = gzip.compress(JSON_BODY[:40]) + gzip.compress(JSON_BODY[40:])
    assert running.post(members, content_type=JSON, **{"Content-Encoding": "GZIP"}).status_code == 200
    assert [r.body for r in running.sink.requests] == [BODY, JSON_BODY]


def test_large_bodies_of_both_kinds(running):
    large = traces(2000).SerializeToString()
    assert 100_000 < len(large) < LIMIT
    assert running.post(large).status_code == 200
    assert running.post(gzip.compress(large, 0), **{"Content-Encoding": "gzip"}).status_code == 200
    assert [r.body for r in running.sink.requests] == [large, large]


@pytest.mark.parametrize(
    "body",
    [b"plain", b"", gzip.compress(BODY)[:-9], gzip.compress(BODY) + b"more", zlib.compress(BODY)],
    ids=["plain", "empty", "cut", "trailing", "zlib"],
)
def test_bad_gzip(running, body):
    answer = running.post(body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, status(answer).code) == (400, INVALID_ARGUMENT)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"]
)
def test_other_content_types(running, content_type):
    answer = running.post(BODY, content_type=content_type)
    assert (answer.status_code, status(answer).code) == (415, INVALID_ARGUMENT)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_other_content_encodings(running, encoding):
    answer = running.post(BODY, **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity, gzip")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods(running, method):
    answer = running.http.request(method, "/v1/traces")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/v1/profiles", "/v1/traces/", "/V1/traces", "/v1/traces/../../x"])
def test_unknown_paths(running, path):
    answer = running.http.post(path, content=BODY, headers={"Content-Type": PROTOBUF})
    assert answer.status_code == 404
    assert "/v1/traces" in status(answer).message


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (PROTOBUF, b"\x0a\x05ab"),
        (JSON, b"{"),
        (JSON, b""),
        (JSON, JSON_BODY.replace(b'"kind": 3', b'"kind": "SPAN_KIND_CLIENT"')),
        (JSON, JSON_BODY.replace(b"b7ad6b7169203331", b"t61rcWkgMzE=")),
        (JSON, JSON_BODY.replace(b"b7ad6b7169203331", b"b7ad6b716920333")),
        (JSON, JSON_BODY.replace(b'"chat"', b'"\\ud800"')),
        (JSON, b'{"resourceSpans": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    ],
)
def test_malformed_is_answered_in_the_encoding_of_the_request(running, content_type, body):
    answer = running.post(body, content_type=content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (400, content_type)
    assert status(answer).code == INVALID_ARGUMENT
    assert status(answer).details[0].type_url.endswith("google.rpc.BadRequest")
    assert running.sink.groups == []


def chunks(size):
    """Send `size` bytes without saying how many."""
    yield from (bytes(1000) for _ in range(size // 1000))


def test_size_limit(running):
    request = traces()
    request.resource_spans[0].schema_url = "x" * (LIMIT - len(BODY) - 8)
    request.resource_spans[0].schema_url += "x" * (LIMIT - request.ByteSize())
    assert running.post(request.SerializeToString()).status_code == 200
    assert len(running.sink.requests[0].body) == LIMIT
    for body in (bytes(LIMIT + 1), chunks(LIMIT + 2000)):
        answer = running.post(body)
        assert (answer.status_code, status(answer).code, status(answer).details) == (413, RESOURCE_EXHAUSTED, [])


@pytest.mark.parametrize("size", [LIMIT + 1, 512 << 20])
def test_what_grows_beyond_the_limit_is_refused(running, size):
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.compress(
        bytes(size % (1 << 20))
    )
    answer = running.post(bomb + packer.flush(), **{"Content-Encoding": "gzip"})
    assert (answer.status_code, status(answer).code) == (413, RESOURCE_EXHAUSTED)


def test_odd_spans_are_stored_with_a_warning(running):
    future = time.time_ns() + 10 * 365 * DAY_NS
    spans = traces(span_id=bytes(8), start_time_unix_nano=future, end_time_unix_nano=future)
    answer = running.post(spans.SerializeToString())
    warning = SIGNALS["traces"].response.FromString(answer.content).partial_success
    assert (answer.status_code, warning.rejected_spans) == (200, 0)
    assert warning.error_message.endswith("far_future (1), zero_span_id (1)")
    assert running.sink.spans()[0].start_time_unix_nano == future
    answer = running.post(JSON_BODY.replace(b"b7ad6b7169203331", b""), content_type=JSON)
    assert "zero_span_id (1)" in answer.json()["partialSuccess"]["errorMessage"]


@pytest.mark.parametrize(("content_type", "body"), [(PROTOBUF, BODY), (JSON, JSON_BODY)], ids=["protobuf", "json"])
def test_back_pressure(running, content_type, body):
    running.sink.fail_with = [Backpressure("the disk is full", retry_after_s=6.5)]
    answer = running.post(body, content_type=content_type)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert (status(answer).code, status(answer).message) == (UNAVAILABLE, "the disk is full")


def test_any_other_exception_is_retryable_too(running):
    running.sink.fail_with = [error := RuntimeError("a bug")]
    with capture_logs() as logged:
        answer = running.post(BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert [entry["exc_info"] for entry in logged] == [error]


def test_requests_that_arrive_during_a_commit_share_the_next(running):
    running.sink.open.clear()
    with ThreadPoolExecutor(20) as pool:
        calls = [pool.submit(httpx.post, f"{running.url}/v1/traces", content=BODY, headers=HEADERS) for _ in range(20)]
        time.sleep(0.5)
        running.sink.open.set()
        assert {call.result().status_code for call in calls} == {200}
    assert sum(map(len, running.sink.groups)) == 20
    assert len(running.sink.groups) <= 3


def test_a_failed_commit_fails_its_whole_group(running):
    running.sink.open.clear()
    running.sink.fail_with = [Backpressure("full")] * 8
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(httpx.post, f"{running.url}/v1/traces", content=BODY, headers=HEADERS) for _ in range(8)]
        time.sleep(0.3)
        running.sink.open.set()
        assert {call.result().status_code for call in calls} == {503}
    assert running.sink.groups == []


def connect(running):
    host, _, port = running.endpoints["http"].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def head(length, *more):
    lines = [
        "POST /v1/traces HTTP/1.1",
        "Host: x",
        f"Content-Type: {PROTOBUF}",
        f"Content-Length: {length}",
        *more,
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_a_body_that_is_cut_off_is_not_stored(running):
    with connect(running) as connection:
        connection.sendall(head(len(BODY) + 10) + BODY)
    time.sleep(0.1)
    assert running.post(BODY).status_code == 200
    assert len(running.sink.requests) == 1


def test_a_slow_body_may_be_sent_again(start):
    running = start(http={"body_timeout": "200ms"})
    with connect(running) as connection:
        connection.sendall(head(len(BODY)) + BODY[:5])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in answer.lower()
    assert running.sink.groups == []


def test_an_unfinished_head_is_not_waited_for(start, monkeypatch):
    monkeypatch.setattr("otel_cert.receivers._http_server._HEAD_TIMEOUT_S", 0.2)
    running = start()
    with connect(running) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\n")
        assert connection.recv(65536) == b""
    with connect(running) as connection:  # after a request too
        connection.sendall(head(len(BODY)) + BODY)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"POST /v1/tra")
        assert connection.recv(65536) == b""


def test_idle_connections_are_kept(start, monkeypatch):
    monkeypatch.setattr("otel_cert.receivers._http_server._HEAD_TIMEOUT_S", 0.1)
    running = start()
    with connect(running) as connection:
        for _ in range(2):
            connection.sendall(head(len(BODY)) + BODY)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.25)


def test_pipelined_requests_and_expect_continue(running):
    with connect(running) as connection:
        connection.sendall((head(len(BODY)) + BODY) * 3)
        received = b""
        while received.count(b"HTTP/1.1 200") < 3:
            received += connection.recv(65536)
        connection.sendall(head(len(BODY), "Expect: 100-continue"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(BODY)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert len(running.sink.requests) == 4


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def test_cors_for_named_origins_only(start):
    running = start(http={"cors_origins": ["https://app.example.com"]})
    allowed = running.http.options("/v1/traces", headers={"Origin": "https://app.example.com", **PREFLIGHT})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-credentials" not in allowed.headers
    denied = running.http.options("/v1/traces", headers={"Origin": "https://evil.example.com", **PREFLIGHT})
    assert denied.status_code == 400
    assert "access-control-allow-origin" not in denied.headers
    assert running.post(BODY, Origin="https://app.example.com").headers["access-control-allow-origin"]


def test_no_cors_by_default(running):
    answer = running.http.options("/v1/traces", headers={"Origin": "https://app.example.com", **PREFLIGHT})
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


def test_health_and_readiness(running):
    assert running.http.get("/healthz").status_code == 200
    assert running.http.get("/readyz").json() == {"ready": True, "problems": {}}
    running.problems["writer"] = "the writer process is not running yet"
    answer = running.http.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, running.problems)
    assert running.http.get("/healthz").status_code == 200


def test_metrics(start):
    running = start()
    running.post(traces(3, end_time_unix_nano=0).SerializeToString())
    running.post(b"\x0a\x05ab")
    text = running.http.get("/metrics").text
    for line in (
        'otel_cert_receiver_requests_total{outcome="warning",signal="traces",transport="http"} 1.0',
        'otel_cert_receiver_items_total{signal="traces"} 3.0',
        'otel_cert_receiver_oddities_total{flag="no_end",signal="traces"} 3.0',
        'otel_cert_receiver_rejections_total{reason="Malformed",transport="http"} 1.0',
        'otel_cert_receiver_commit_seconds_count{transport="http"} 1.0',
    ):
        assert line in text


def test_stop_finishes_what_is_in_flight(start):
    running = start()
    running.sink.open.clear()
    with ThreadPoolExecutor(1) as pool:
        in_flight = pool.submit(running.post, BODY)
        time.sleep(0.2)
        stopping = threading.Thread(target=running.receiver.stop, args=(10,))
        stopping.start()
        time.sleep(0.3)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{running.url}/healthz")
        running.sink.open.set()
        assert in_flight.result().status_code == 200
        stopping.join(5)
    assert not stopping.is_alive()
    assert len(running.sink.requests) == 1


def test_stop_does_not_wait_for_idle_connections(start):
    running = start()
    running.post(BODY)
    with connect(running):
        began = time.monotonic()
        running.receiver.stop(10)
        assert time.monotonic() - began < 2


def test_a_large_body_is_parsed_beside_the_event_loop(start, monkeypatch):
    running = start()
    parsing, go_on = threading.Event(), threading.Event()

    def slow_check(*args):
        parsing.set()
        assert go_on.wait(10)
        return check(*args)

    monkeypatch.setattr("otel_cert.receivers._http.check", slow_check)
    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(
            httpx.post, f"{running.url}/v1/traces", content=traces(2000).SerializeToString(), headers=HEADERS
        )
        assert parsing.wait(10)
        assert running.http.get("/healthz").status_code == 200
        go_on.set()
        assert posting.result().status_code == 200


def test_a_second_server_on_the_port_is_refused(running):
    settings = OtlpSettings(protocols={"grpc": {"endpoint": None}, "http": {"endpoint": running.endpoints["http"]}})
    with pytest.raises(UsageError, match="cannot listen for OTLP/HTTP"):
        OtlpReceiver(settings, running.sink, dict).start()


@pytest.mark.parametrize("endpoint", ["4318", ":4318", "localhost", "localhost:http", "localhost:70000", ""])
def test_wrong_endpoints(endpoint):
    with pytest.raises(ValueError, match="HOST:PORT"):
        OtlpSettings(protocols={"http": {"endpoint": endpoint}})


def test_ipv6(start):
    running = start(http={"endpoint": "[::1]:0"})
    assert running.endpoints["http"].startswith("[::1]:")
    assert running.post(BODY).status_code == 200
