"""`otel-cert serve` as a user runs it: real processes, real senders."""

import json
import re
import socket
import subprocess

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import otel_cert
from otel_cert.otlp.requests import SIGNALS
from tests.stored import body, chat

from .serving import COMMAND, DRAINED, ENVIRONMENT, PORTS, QUICK, ask, cli, eventually, serving

NO_METRICS = """
service:
  telemetry: {log_level: debug}
  pipelines: {metrics: {receivers: []}}
"""
SECRET = "the-patient-is-Ada-Lovelace"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("serve"), QUICK + NO_METRICS) as running:
        yield running


def test_the_ready_line_says_where_it_listens_and_stores(tmp_path):
    command = [*COMMAND, "serve", "--data-dir", "data", *PORTS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=tmp_path) as process:
        ready = json.loads(process.stdout.readline())
        process.terminate()  # at once: the other processes are still starting
    assert process.returncode == 0
    assert sorted(ready) == ["data_dir", "event", "grpc", "http", "pid"]
    assert (ready["event"], ready["data_dir"], ready["pid"]) == ("ready", str(tmp_path / "data"), process.pid)
    assert all(re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", ready[transport]) for transport in ("grpc", "http"))


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_spans_of_the_real_sdk_become_visible(running, transport):
    end = f"http://{running.ready[transport]}"
    exporter = GrpcSpans(end, insecure=True) if transport == "grpc" else HttpSpans(f"{end}/v1/traces")
    provider = TracerProvider(resource=Resource({"service.name": f"shop-{transport}"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    for n in range(3):
        provider.get_tracer("shop").start_span(f"chat {n}", attributes={"gen_ai.usage.input_tokens": n}).end()
    provider.shutdown()
    tokens = "attributes['gen_ai.usage.input_tokens']::INT"
    sql = f"SELECT name, {tokens} AS n FROM spans WHERE service_name = 'shop-{transport}' ORDER BY n"
    eventually(lambda: len(ask(running.data, sql)), 3)
    assert (
        cli("sql", sql, "--format", "csv", "--data-dir", running.data).stdout
        == "name,n\nchat 0,0\nchat 1,1\nchat 2,2\n"
    )


def test_what_was_acknowledged_before_sigterm_is_sealed(tmp_path):
    with serving(tmp_path, DRAINED) as running:
        for n in range(1, 41):
            assert running.post(body(chat(n))) == 200
        running.stop()  # exit code 0
        assert ask(running.data, "SELECT count(*), count(DISTINCT trace_id) FROM spans") == [(40, 40)]


def test_a_second_serve_on_the_same_directory_is_refused(running):
    done = cli("serve", "--data-dir", running.data, *PORTS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: another process (pid ")
    assert "use another --data-dir" in done.stderr
    assert running.get("/readyz")[0] == 200


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_port_in_use_is_wrong_usage(tmp_path, transport):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        end = f"127.0.0.1:{taken.getsockname()[1]}"
        done = cli("serve", "--data-dir", tmp_path, *PORTS, f"--{transport}", end)
    assert (done.returncode, done.stdout) == (2, "")
    assert end in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_without_a_port_is_wrong_usage(tmp_path):
    done = cli("serve", "--data-dir", tmp_path / "data", "--grpc", "foo", "--http", "127.0.0.1:x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: 'foo' is no grpc endpoint, '127.0.0.1:x' is no http endpoint",
        "  hint: write HOST:PORT, e.g. 127.0.0.1:4317; port 0 takes a free one",
    ]


def test_a_data_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    done = cli("serve", "--data-dir", tmp_path / "file" / "data", *PORTS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: cannot make the data directory {tmp_path / 'file' / 'data'}: ")
    assert "--data-dir" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_fault_of_a_bad_configuration_is_named(tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text("store: {seal_intervall: 1s}\nanalysis: {quiet: soon}\n")
    done = cli("serve", "--config", config, "--data-dir", tmp_path / "data", *PORTS)
    assert (done.returncode, done.stdout) == (4, "")
    assert "did you mean 'seal_interval'" in done.stderr
    assert "analysis.quiet" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_signal_without_receivers_is_switched_off(running):
    assert running.post(b"", "metrics") == 404
    with grpc.insecure_channel(running.ready["grpc"]) as channel:
        export = channel.unary_unary(f"/{SIGNALS['metrics'].service}/Export")
        with pytest.raises(grpc.RpcError) as error:
            export(b"", timeout=30)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
        logs = channel.unary_unary(f"/{SIGNALS['logs'].service}/Export")
        assert logs(b"", timeout=30) == b""


def test_the_pages_beside_the_signals(running):
    assert running.post(body(chat(50))) == 200
    assert running.get("/healthz") == (200, "ok\n")
    status, page = running.get("/readyz")
    assert (status, json.loads(page)) == (200, {"ready": True, "problems": {}})
    status, page = running.get("/metrics")
    assert status == 200
    assert 'otel_cert_receiver_items_total{signal="traces"}' in page
    assert "otel_cert_backlog_bytes" in page


def test_the_log_holds_nothing_of_what_was_sent(running):
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": SECRET}]}])
    assert running.post(body(chat(60, gen_ai__input__messages=messages), chat(60, 61, user__id=SECRET))) == 200
    assert running.post(body(chat(62) | {"end_time_unix_nano": 1, "name": SECRET})) == 200
    assert running.post(SECRET.encode()) == 400
    calls = f"SELECT count(*) FROM genai_calls WHERE trace_id IN ('{60:032x}', '{62:032x}')"
    eventually(lambda: ask(running.data, calls), [(3,)])
    eventually(lambda: "analysed" in running.log.read_text(), True)
    assert "sealed" in running.log.read_text(), "the log is at debug"
    assert SECRET not in running.log.read_text()


def test_a_killed_service_leaves_no_process_and_loses_nothing(tmp_path):
    with serving(tmp_path, DRAINED) as running:
        for n in range(1, 6):
            assert running.post(body(chat(n))) == 200
        children = [pid for pid, parent in processes().items() if parent == running.process.pid]
        assert len(children) == 2
        running.process.kill()
        eventually(lambda: [pid for pid in children if pid in processes()], [])
    with otel_cert.connect(running.data, fresh=True) as con:
        assert con.execute("SELECT count(*) FROM spans").fetchall() == [(5,)]


def processes():
    """Return the parent of every process that is not a zombie."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent, state in map(str.split, listed.splitlines()) if state[0] != "Z"}
