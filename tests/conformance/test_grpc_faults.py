"""OTLP/gRPC in trouble: points 10, 11, 14, 16 and 17."""

import resource
import time

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo

from otel_cert.otlp.requests import SIGNALS
from tests.cli.serving import eventually

from .http2 import Connection
from .messages import detail, logs, metrics, traces
from .served import STORE, faulty, served

CODE = grpc.StatusCode

NO_SPACE = f"store: {{seal_interval: 100ms, min_free_bytes: {1 << 60}}}\nanalysis: {{quiet: 1s, interval: 1s}}\n"


def test_10_overload_is_unavailable_with_retry_info(tmp_path):
    """Without space on the disk the answer is UNAVAILABLE with a RetryInfo."""
    with served(tmp_path, NO_SPACE, ready=False) as full:
        for signal, body in {"traces": traces("x"), "logs": logs("x"), "metrics": metrics("x")}.items():
            code, status = full.refused(body, signal)
            assert code is CODE.UNAVAILABLE
            assert detail(status, RetryInfo).retry_delay.ToMilliseconds() > 0


def test_11_an_unforeseen_exception_is_unavailable(troubled):
    """An exception that nobody foresaw answers UNAVAILABLE with a RetryInfo, never UNKNOWN; the same request then passes."""
    body = traces("point 11 bug")
    with troubled.fault("broken"):
        code, status = troubled.refused(body)
        assert code is CODE.UNAVAILABLE
        assert detail(status, RetryInfo).retry_delay.ToMilliseconds() > 0
    troubled.export(body)
    troubled.stored("name = 'point 11 bug'")


@pytest.mark.parametrize("limit", [resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE], ids=["file size", "open files"])
def test_11_a_failing_disk_is_unavailable(troubled, limit):
    """A process that may write no bytes, or open no files, answers UNAVAILABLE, and works again when it may."""
    body, usual = traces(f"point 11 {limit}"), resource.prlimit(troubled.process.pid, limit)
    with troubled.fault("broken"):
        troubled.refused(traces("x"))  # so that the next request begins a new file
    resource.prlimit(troubled.process.pid, limit, (0, usual[1]))
    try:
        code, status = troubled.refused(body)
    finally:
        resource.prlimit(troubled.process.pid, limit, usual)
    assert code is CODE.UNAVAILABLE
    assert detail(status, RetryInfo).retry_delay.ToMilliseconds() > 0
    troubled.export(body)
    troubled.stored(f"name = 'point 11 {limit}'")


def test_11_a_vanished_log_folder_is_unavailable(troubled):
    """A log folder that is gone answers UNAVAILABLE, also on `/readyz`, until it is back."""
    folder = troubled.data / "log" / "otlp"
    with troubled.fault("broken"):
        troubled.refused(traces("x"))
    folder.rename(folder.with_name("moved"))
    try:
        code, _ = troubled.refused(traces("point 11 folder"))
        assert code is CODE.UNAVAILABLE
        eventually(lambda: troubled.get("/readyz")[0], 503)
    finally:
        folder.with_name("moved").rename(folder)
    troubled.ready_again()
    troubled.export(traces("point 11 folder"))
    troubled.stored("name = 'point 11 folder'")


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """A service whose disk can be made slow or broken."""
    directory = tmp_path_factory.mktemp("troubled")
    with served(directory, environment=faulty(directory)) as running:
        yield running


def test_14_a_deadline_that_passes_during_the_sync_leaves_no_half_batch(troubled):
    """A deadline that passes while the request is synced leaves it whole or not there; sent again it is stored once."""
    bodies = [traces(f"point 14 {n}", 50) for n in range(3)]
    with troubled.fault("slow"):
        calls = [troubled.call().future(body, timeout=0.4) for body in bodies]
        assert {call.code() for call in calls} == {CODE.DEADLINE_EXCEEDED}
    troubled.export(bodies[0])
    troubled.stored("name = 'point 14 0'", n=50)
    troubled.export(traces("point 14 last"))
    troubled.stored("name = 'point 14 last'")
    counts = troubled.query("SELECT count(*) FROM spans WHERE name LIKE 'point 14 _' GROUP BY name")
    assert {n for (n,) in counts} == {50}


def test_16_a_graceful_stop_finishes_what_is_in_flight(tmp_path):
    """After SIGTERM a call in flight is answered OK and stored, a new one gets UNAVAILABLE, and the service ends with 0."""
    with served(tmp_path, environment=faulty(tmp_path)) as stopping:
        with stopping.fault("slow"):
            in_flight = stopping.call().future(traces("point 16", 5), timeout=60)
            eventually((tmp_path / "syncing").exists, True)
            stopping.process.terminate()
            with grpc.insecure_channel(stopping.ready["grpc"]) as late:
                export = late.unary_unary(f"/{SIGNALS['traces'].service}/Export")
                answers = iter(lambda: export.future(traces("late"), timeout=5).code(), CODE.UNAVAILABLE)
                assert set(answers) <= {CODE.OK}, "only until the signal is noticed"
            assert in_flight.result() is not None
        assert stopping.process.wait(60) == 0
        assert stopping.query("SELECT count(*) FROM spans WHERE name = 'point 16'") == [(5,)]


AGING = f"""{STORE}
receivers:
  otlp:
    protocols: {{grpc: {{keepalive: {{server_parameters: {{max_connection_age: 1s, max_connection_age_grace: 1s}}}}}}}}
"""


def test_17_old_connections_are_recycled_without_loss(tmp_path):
    """A connection is ended at `max_connection_age`; a client that sends all the time gets every call answered OK."""
    with served(tmp_path, AGING) as aging, Connection(aging.connect("grpc")) as raw:
        began, sent = time.monotonic(), 0
        while time.monotonic() - began < 3:
            aging.export(traces("point 17"))
            sent += 1
        while raw.receive():
            pass
        assert [end.error_code.name for end in raw.ends] == ["NO_ERROR"]
        aging.stored("name = 'point 17'", n=sent)
