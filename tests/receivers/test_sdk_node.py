"""The real JavaScript SDK, over real sockets; it is installed once per version set, into the user's cache folder."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from otel_cert.errors import Backpressure
from otel_cert.otlp.requests import JSON, PROTOBUF, parse

HERE = Path(__file__).parent / "node"
# The machine's Node first; else the one that the `dev` extra brings into this environment.
PATH = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
ENVIRONMENT = {**os.environ, "PATH": PATH}

pytestmark = pytest.mark.skipif(os.environ.get("OTEL_CERT_NO_NODE") == "1", reason="OTEL_CERT_NO_NODE=1")


@pytest.fixture(scope="module")
def modules():
    """Return a `node_modules` folder with the SDK in it."""
    for program in ("node", "npm"):
        if shutil.which(program, path=PATH) is None:
            pytest.fail(
                f"{program} is missing: install the dev extra, or set OTEL_CERT_NO_NODE=1 to leave these tests out"
            )
    package = HERE / "package.json"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-cert-tests"
    installed = cache / f"node-{hashlib.sha256(package.read_bytes()).hexdigest()[:16]}"
    if not installed.exists():
        install(package, installed)
    return installed / "node_modules"


def install(package, target):
    """Install into a new folder beside `target` and rename it, so that test processes do not see half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        shutil.copy(package, folder)
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.fail(f"npm install failed (OTEL_CERT_NO_NODE=1 leaves these tests out):\n{done.stderr}")
        try:
            Path(folder).rename(target)
        except OSError:
            assert target.exists()  # another test process was faster
        Path(folder).mkdir(exist_ok=True)  # for the clean-up


def send(modules, running, transport, count):
    """Export `count` spans from a Node process."""
    url = f"http://{running.endpoints['grpc']}" if transport == "grpc" else f"{running.url}/v1/traces"
    environment = {**ENVIRONMENT, "NODE_PATH": str(modules)}
    subprocess.run(
        [shutil.which("node", path=PATH), HERE / "send.cjs", transport, url, str(count)],
        env=environment,
        check=True,
        timeout=60,
        capture_output=True,
    )


@pytest.mark.parametrize(("transport", "content_type"), [("grpc", PROTOBUF), ("proto", PROTOBUF), ("http", JSON)])
def test_spans(modules, running, transport, content_type):
    send(modules, running, transport, 700)
    assert {request.content_type for request in running.sink.requests} == {content_type}
    spans = sorted(running.sink.spans(), key=lambda span: span.start_time_unix_nano)  # batches overtake each other
    assert {span.name for span in spans} == {f"chat {n}" for n in range(700)}
    assert len({span.span_id for span in spans}) == 700
    assert [len(spans[0].trace_id), len(spans[0].span_id), spans[0].kind] == [16, 8, 3]
    attributes = {a.key: a.value for a in spans[0].attributes}
    assert attributes["gen_ai.usage.input_tokens"].int_value == 12
    assert attributes["gen_ai.request.temperature"].double_value == 0.5
    assert attributes["gen_ai.response.finish_reasons"].array_value.values[0].string_value == "stop"
    assert spans[0].events[0].name == "first token"
    first = parse("traces", content_type, running.sink.requests[0].body).resource_spans[0]
    assert "checkout" in {a.value.string_value for a in first.resource.attributes}


@pytest.mark.parametrize("transport", ["proto", "http"])  # the gRPC exporter of this SDK never sends again
def test_the_sdk_waits_and_sends_again(modules, running, transport):
    running.sink.fail_with = [Backpressure("full", retry_after_s=1)]
    send(modules, running, transport, 1)
    assert [span.name for span in running.sink.spans()] == ["chat 0"]
    assert running.sink.fail_with == []
