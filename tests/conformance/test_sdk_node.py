"""The real JavaScript SDK as a sender, in Node: points 10 and 20.

It is installed once per version set, into the user's cache folder.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.serving import eventually

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


def start(modules, service, transport, name, count):
    """Begin to export `count` spans from a Node process."""
    url = f"http://{service.ready['grpc']}" if transport == "grpc" else f"http://{service.ready['http']}/v1/traces"
    return subprocess.Popen(
        [shutil.which("node", path=PATH), HERE / "send.cjs", transport, url, str(count), name],
        env={**ENVIRONMENT, "NODE_PATH": str(modules)},
    )


def finish(process):
    """Wait until a Node process has delivered its spans."""
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()


@pytest.mark.parametrize("transport", ["grpc", "proto", "http"])  # `http` is JSON
def test_20_spans_of_the_node_sdk(modules, service, transport):
    """The Node SDK's spans arrive over gRPC, HTTP with protobuf and HTTP with JSON, and mean the same."""
    name = f"point 20 Node {transport}"
    finish(start(modules, service, transport, name, 700))
    columns = (
        "kind, length(trace_id), length(span_id), service_name, attributes['gen_ai.usage.input_tokens']::INT, "
        "attributes['gen_ai.request.temperature']::DOUBLE, events[1].name, flags, attribute_types"
    )
    rows = service.stored(f"name = '{name}'", columns, n=700)
    assert set(map(str, rows)) == {str((3, 32, 16, "checkout", 12, 0.5, "first token", None, "iida"))}
    assert service.query(f"SELECT count(DISTINCT attributes['n']) FROM spans WHERE name = '{name}'") == [(700,)]


@pytest.mark.parametrize("transport", ["proto", "http"])  # the gRPC exporter of this SDK never sends again
def test_10_the_node_sdk_waits_and_sends_again(modules, service, transport):
    """The Node SDK waits while writes to the disk fail, and sends again; its spans are then stored once."""
    name = f"point 10 Node {transport}"
    with service.full_disk():
        refused = service.counted("otel_cert_receiver_rejections_total")
        process = start(modules, service, transport, name, 3)
        eventually(lambda: service.counted("otel_cert_receiver_rejections_total") > refused, True)
    finish(process)
    service.stored(f"name = '{name}'", n=3)
