"""The writer stands still under load: senders are pushed back within bounds, and nothing that was acknowledged is lost."""

import os
import random
import signal
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.cli.serving import ask, eventually
from tests.stored import body, plain

from .running import Running

MIB = 1 << 20
BACKLOG, SEGMENT, REQUEST = 6 * MIB, MIB, MIB // 4
CONFIG = f"""
store: {{seal_interval: 100ms, segment_bytes: {SEGMENT}, max_backlog_bytes: {BACKLOG}, min_free_bytes: 0}}
analysis: {{quiet: 1h, max_age: 1h}}
"""
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture
def running(tmp_path):
    service = Running(tmp_path, CONFIG)
    service.start()
    service.await_ready("writer")
    yield service
    service.abandon()


def large(number):
    """Return a request of one span that does not compress."""
    return body(plain(number, name=random.Random(number).randbytes(REQUEST // 2).hex()))


def post(running, number):
    """Return (status, headers) of the answer to a large request."""
    url, headers = f"http://{running.endpoints['http']}/v1/traces", {"Content-Type": "application/x-protobuf"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, large(number), headers), timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def send_until_refused(running, numbers, *, threads=4):
    """Send over several connections; return what was acknowledged, and the headers of the refusals."""
    acknowledged, refusals = [], []

    def one_connection(_):
        for number in numbers:
            status, headers = post(running, number)
            if status != 200:
                assert status == 503
                refusals.append(headers)
                return
            acknowledged.append(number)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one_connection, range(threads)))
    return acknowledged, refusals


def log_bytes(running):
    return sum(path.stat().st_size for path in (running.data / "log" / "otlp").glob("*.seg"))


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def stored(running):
    return Counter(int(id_, 16) for (id_,) in ask(running.data, "SELECT trace_id FROM spans WHERE length(name) > 1000"))


def test_a_stopped_writer_pushes_senders_back_and_loses_nothing(running):
    numbers = iter(range(1, 1000))
    first = next(numbers)
    assert post(running, first)[0] == 200
    eventually(lambda: list(stored(running)) if (running.data / "snapshots" / "1.json").exists() else [], [first])
    receiver, writer = running.pid("receiver"), running.pid("writer")
    before = resident_bytes(receiver)
    os.kill(writer, signal.SIGSTOP)
    try:
        acknowledged, refusals = send_until_refused(running, numbers)
        assert BACKLOG // REQUEST - 1 <= len(acknowledged) <= (BACKLOG + 2 * SEGMENT) // REQUEST
        assert all(int(headers["Retry-After"]) >= 1 for headers in refusals)
        for _ in range(50):
            assert post(running, next(numbers))[0] == 503
        assert log_bytes(running) <= BACKLOG + 2 * SEGMENT
        assert resident_bytes(receiver) - before < 64 * MIB
        with grpc.insecure_channel(running.endpoints["grpc"]) as channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(EXPORT)(large(next(numbers)), timeout=20)
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        (detail,) = rpc_status.from_call(refused.value).details
        wait = RetryInfo()
        assert detail.Unpack(wait)
        assert wait.retry_delay.ToNanoseconds() > 0
        assert list(stored(running)) == [first], "reading goes on"
        with ThreadPoolExecutor(1) as pool:
            exported = pool.submit(export_with_the_sdk, running)
            eventually(exported.running, True)
            os.kill(writer, signal.SIGCONT)
            assert exported.result(60) is SpanExportResult.SUCCESS, "the SDK kept the data and sent it again"
    finally:
        os.kill(writer, signal.SIGCONT)
    eventually(lambda: stored(running), Counter([first, *acknowledged]))
    eventually(lambda: ask(running.data, "SELECT count(*) FROM spans WHERE name = 'from the SDK'"), [(1,)])
    assert post(running, next(numbers))[0] == 200
    running.stop()


def export_with_the_sdk(running):
    """Let a real exporter send one span."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("test").start_as_current_span("from the SDK"):
        pass
    exporter = OTLPSpanExporter(endpoint=f"http://{running.endpoints['grpc']}", insecure=True, timeout=60)
    try:
        return exporter.export(kept.get_finished_spans())
    finally:
        exporter.shutdown()
