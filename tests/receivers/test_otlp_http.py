import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from google.protobuf import json_format
from google.rpc.code_pb2 import UNAVAILABLE
from google.rpc.status_pb2 import Status
from structlog.testing import capture_logs

from otel_cert.errors import Backpressure, UsageError
from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS
from otel_cert.receivers._commits import Commits
from otel_cert.receivers._intake import check
from otel_cert.receivers.otlp import OtlpReceiver, OtlpSettings
from tests.cli.serving import eventually
from tests.receivers.conftest import traces

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


def test_requests_that_arrive_during_a_commit_share_the_next(running, monkeypatch):
    arrived, commit = threading.Semaphore(0), Commits.commit

    def counted(commits, request):
        arrived.release()
        return commit(commits, request)

    monkeypatch.setattr(Commits, "commit", counted)
    running.sink.open.clear()
    with ThreadPoolExecutor(20) as pool:
        calls = [pool.submit(running.post, BODY) for _ in range(20)]
        assert all(arrived.acquire(timeout=60) for _ in calls)
        running.sink.open.set()
        assert {call.result().status_code for call in calls} == {200}
    assert [len(group) for group in running.sink.groups] == [1, 19]


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
    return socket.create_connection((host, int(port)), timeout=60)


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


def test_a_slow_body_may_be_sent_again(start):
    running = start(http={"body_timeout": "200ms"})
    with connect(running) as connection:
        connection.sendall(head(len(BODY)) + BODY[:5])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in answer.lower()
    assert running.sink.groups == []


def test_an_unfinished_head_is_not_waited_for(start):
    running = start(http={"read_header_timeout": 0.5})
    with connect(running) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\n")
        assert connection.recv(65536) == b""
    with connect(running) as connection:  # after a request too
        connection.sendall(head(len(BODY)) + BODY)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"POST /v1/tra")
        assert connection.recv(65536) == b""


def test_idle_connections_are_kept(start):
    running = start(http={"read_header_timeout": 0.5})
    with connect(running) as connection:
        for _ in range(2):
            connection.sendall(head(len(BODY)) + BODY)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.7)


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
        assert running.sink.reached.wait(20)
        stopping = threading.Thread(target=running.receiver.stop, args=(60,))
        stopping.start()
        eventually(lambda: refuses_connections(running), True)
        running.sink.open.set()
        assert in_flight.result().status_code == 200
        stopping.join(20)
    assert not stopping.is_alive()
    assert len(running.sink.requests) == 1


def refuses_connections(running):
    try:
        httpx.get(f"{running.url}/healthz")
    except httpx.TransportError as error:
        return isinstance(error, httpx.ConnectError)
    return False


def test_stop_does_not_wait_for_idle_connections(start):
    running = start()
    running.post(BODY)
    with connect(running):
        began = time.monotonic()
        running.receiver.stop(60)
        assert time.monotonic() - began < 30


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
