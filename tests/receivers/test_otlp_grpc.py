import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from structlog.testing import capture_logs

from otel_cert.errors import Backpressure, UsageError
from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from otel_cert.receivers.otlp import OtlpReceiver, OtlpSettings
from tests.receivers.conftest import DAY_NS, traces


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


def test_resource_without_scopes_succeeds(running):
    request = SIGNALS["traces"].request()
    request.resource_spans.add().resource.attributes.add(key="service.name")
    assert not running.export(request.SerializeToString()).HasField("partial_success")


def test_logs_and_metrics(running):
    logs, metrics = SIGNALS["logs"].request(), SIGNALS["metrics"].request()
    logs.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=time.time_ns())
    metrics.resource_metrics.add().scope_metrics.add().metrics.add(
        gauge={"data_points": [{"time_unix_nano": time.time_ns()}]}
    )
    assert not running.export(logs.SerializeToString(), "logs").HasField("partial_success")
    assert not running.export(metrics.SerializeToString(), "metrics").HasField("partial_success")
    assert [r.signal for r in running.sink.requests] == ["logs", "metrics"]


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_compressed_messages_are_stored_decompressed(running, compression):
    body = traces(100).SerializeToString()
    running.export(body, compression=compression)
    assert running.sink.requests[0].body == body


def test_odd_spans_are_stored_with_a_warning(running):
    request = traces(2, trace_id=b"", start_time_unix_nano=time.time_ns() + 10 * 365 * DAY_NS)
    answer = running.export(request.SerializeToString()).partial_success
    assert answer.rejected_spans == 0
    assert answer.error_message.endswith("end_before_start (2), far_future (2), zero_trace_id (2)")
    assert len(running.sink.spans()) == 2


def test_size_limit(running):
    request = traces()
    (span,) = request.resource_spans[0].scope_spans[0].spans
    span.name = "x" * ((1 << 20) - request.ByteSize() - 8)
    span.name += "x" * ((1 << 20) - request.ByteSize())
    assert request.ByteSize() == 1 << 20
    running.export(request.SerializeToString())
    assert refused(running, request.SerializeToString() + b"\x98\x06\x01") == (grpc.StatusCode.RESOURCE_EXHAUSTED, None)


def test_what_grows_beyond_the_limit_is_refused(running):
    with pytest.raises(grpc.RpcError) as raised:
        running.export(bytes(64 << 20), compression=grpc.Compression.Gzip)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert rpc_status.from_call(raised.value) is None
    # grpcio before 1.84 says so only after it has unpacked everything into memory.
    assert raised.value.details() == "Decompressed message larger than max"
    assert running.sink.groups == []


def test_malformed_is_permanent_and_the_server_goes_on(running):
    code, status = refused(running, b"\x0a\x05ab")
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "protobuf" in detail(status, BadRequest).field_violations[0].description
    running.export(traces().SerializeToString())
    assert len(running.sink.requests) == 1


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


def test_hundred_concurrent_calls_on_one_connection(running):
    bodies = [traces(name=f"call {n}").SerializeToString() for n in range(100)]
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(running.export, bodies))
    assert {s.name for s in running.sink.spans()} == {f"call {n}" for n in range(100)}


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


def failure_within(calls, timeout=15):
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
    calls = [export.future(traces(name=f"call {n}").SerializeToString(), timeout=10) for n in range(80)]
    wait_for(lambda: not any(call.done() for call in calls))
    time.sleep(0.3)  # 64 of them wait in the sink
    for call in calls:
        call.cancel()
    time.sleep(0.3)
    running.sink.open.set()
    running.receiver.stop(5)
    assert 0 < len(running.sink.requests) <= 64


def wait_for(condition, timeout=10):
    until = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_unknown_service_and_method(running):
    for name in ("/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", "/x.Y/Z"):
        with pytest.raises(grpc.RpcError) as raised:
            running.channel.unary_unary(name)(b"", timeout=5)
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_health_service(start):
    running = start()
    health = health_pb2_grpc.HealthStub(running.channel)
    for name in ("", SIGNALS["traces"].service):
        answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_stop_finishes_what_is_in_flight_and_refuses_the_rest(start):
    running = start()
    running.sink.open.clear()
    in_flight = running.channel.unary_unary(f"/{SIGNALS['traces'].service}/Export").future(traces().SerializeToString())
    time.sleep(0.2)  # it waits in the sink
    stopping = threading.Thread(target=running.receiver.stop, args=(10,))
    stopping.start()
    wait_for(lambda: unavailable(running))
    running.sink.open.set()
    assert in_flight.result(timeout=5) == b""
    stopping.join(5)
    assert len(running.sink.requests) == 1
    running.receiver.stop(1)  # a second time changes nothing


def unavailable(running):
    """Whether a new connection's call is refused as retryable; never with another code."""
    with grpc.insecure_channel(running.endpoints["grpc"]) as channel:
        call = channel.unary_unary(f"/{SIGNALS['traces'].service}/Export").future(b"", timeout=5)
        code = call.code()
        assert code in (grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE)
        return code is grpc.StatusCode.UNAVAILABLE


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


def test_raw_gzip_without_the_header_is_malformed(running):
    code, _ = refused(running, gzip.compress(traces().SerializeToString()))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


def test_metrics_of_grpc(start):
    running = start()
    running.export(traces(3).SerializeToString())
    running.sink.fail_with = [Backpressure("full")]
    refused(running, traces().SerializeToString())
    text = running.metrics.text().decode()
    for line in (
        'otel_cert_receiver_requests_total{outcome="ok",signal="traces",transport="grpc"} 1.0',
        'otel_cert_receiver_requests_total{outcome="refused",signal="traces",transport="grpc"} 1.0',
        'otel_cert_receiver_items_total{signal="traces"} 3.0',
        'otel_cert_receiver_rejections_total{reason="Backpressure",transport="grpc"} 1.0',
        'otel_cert_receiver_commit_seconds_count{transport="grpc"} 2.0',
    ):
        assert line in text
