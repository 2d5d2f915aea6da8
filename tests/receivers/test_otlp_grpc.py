import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status
from structlog.testing import capture_logs

from otel_cert.errors import Backpressure, UsageError
from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from otel_cert.receivers.otlp import OtlpReceiver, OtlpSettings
from tests.receivers.conftest import traces


def refused(running, body, **options):
    """Export and return (status code, google.rpc.Status or None) of the refusal."""
    with pytest.raises(grpc.RpcError) as raised:
        running.export(body, **options)
    return raised.value.code(), rpc_status.from_call(raised.value)


def detail(status, kind):
    message = kind()
    assert status.details[0].Unpack(message)
    return message


def test_one_span_is_stored_as_sent(running):
    body = traces().SerializeToString() + b"\x9a\x06\x03new"  # an unknown field
    before = time.time_ns()
    assert not running.export(body).HasField("partial_success")
    (request,) = running.sink.requests
    assert (request.signal, request.content_type, request.body, request.subject) == ("traces", PROTOBUF, body, "")
    assert before <= request.received_unix_ns <= time.time_ns()


@pytest.mark.parametrize("signal", SIGNALS)
def test_empty_requests_succeed_without_the_log(running, signal):
    assert not running.export(b"", signal).HasField("partial_success")
    assert running.sink.groups == []


def test_back_pressure_is_unavailable_with_retry_info(running):
    running.sink.fail_with = [Backpressure("the disk is full", retry_after_s=7)]
    code, status = refused(running, traces().SerializeToString())
    assert (code, status.message) == (grpc.StatusCode.UNAVAILABLE, "the disk is full")
    assert detail(status, RetryInfo).retry_delay.ToSeconds() == 7


def test_any_other_exception_is_unavailable_too(running):
    running.sink.fail_with = [error := RuntimeError("a bug")]
    with capture_logs() as logged:
        code, status = refused(running, traces().SerializeToString())
    assert code is grpc.StatusCode.UNAVAILABLE
    assert detail(status, RetryInfo).retry_delay.ToSeconds() == 1
    assert [(entry["log_level"], entry["signal"], entry["exc_info"]) for entry in logged] == [
        ("error", "traces", error)
    ]


def test_too_many_bytes_in_flight(start):
    running = start(max_request_bytes="32MiB")
    body = traces(name="x" * (30 << 20)).SerializeToString()
    running.sink.open.clear()
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(running.export, body) for _ in range(6)]
        refusal = next(error for call in calls[:] if (error := failure_within(calls)))
        running.sink.open.set()
    assert refusal.code() is grpc.StatusCode.UNAVAILABLE
    assert "bytes are in flight" in refusal.details()


def failure_within(calls, timeout=60):
    """Return the first failure among calls."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        for call in calls:
            if call.done() and call.exception():
                return call.exception()
        time.sleep(0.01)
    return None


def test_a_call_that_was_given_up_is_not_served_later(start):
    running = start()
    running.sink.open.clear()
    service = SIGNALS["traces"].service
    export = running.channel.unary_unary(f"/{service}/Export")
    calls = [export.future(traces(name=f"call {n}").SerializeToString(), timeout=60) for n in range(80)]
    assert running.sink.reached.wait(20)
    time.sleep(0.3)  # 64 of them wait in the sink
    for call in calls:
        call.cancel()
    time.sleep(0.3)
    running.sink.open.set()
    running.receiver.stop(5)
    assert 0 < len(running.sink.requests) <= 64


def test_a_second_server_on_the_port_is_refused(running):
    settings = OtlpSettings(protocols={"grpc": {"endpoint": running.endpoints["grpc"]}, "http": {"endpoint": None}})
    with pytest.raises(UsageError, match="cannot listen for OTLP/gRPC"):
        OtlpReceiver(settings, running.sink, dict).start()


def test_switched_off_transports():
    receiver = OtlpReceiver(
        OtlpSettings(protocols={"grpc": {"endpoint": None}, "http": {"endpoint": None}}), list, dict
    )
    assert receiver.start() == {}
    receiver.stop(1)


def test_metrics_of_grpc(start):
    running = start()
    running.export(traces(3).SerializeToString())
    running.sink.fail_with = [Backpressure("full")]
    refused(running, traces().SerializeToString())
    text = running.metrics.page()[0].decode()
    for line in (
        'otel_cert_receiver_requests_total{outcome="ok",signal="traces",transport="grpc"} 1.0',
        'otel_cert_receiver_requests_total{outcome="refused",signal="traces",transport="grpc"} 1.0',
        'otel_cert_receiver_items_total{signal="traces"} 3.0',
        'otel_cert_receiver_rejections_total{reason="Backpressure",transport="grpc"} 1.0',
        'otel_cert_receiver_commit_seconds_count{transport="grpc"} 2.0',
    ):
        assert line in text
