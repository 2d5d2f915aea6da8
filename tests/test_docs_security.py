"""The examples of docs/security.md: run as they stand, on free ports."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_cert.config.loader import check
from otel_cert.receivers.otlp import OtlpSettings
from otel_cert.registry import Registry
from tests.cli.serving import ENVIRONMENT, Serving, ask
from tests.stored import Store, body, chat

PAGE = (Path(__file__).parent.parent / "docs" / "security.md").read_text()
PREPARE, SEND, EXPORTS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
(CONFIG,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
OTEL_CERT = f"otel-cert() {{ '{sys.executable}' -m otel_cert \"$@\"; }}\n"


def shell(script, folder):
    environment = {**ENVIRONMENT, "OTEL_CERT_DATA_DIR": str(folder / "data")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", OTEL_CERT + script],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def running(tmp_path, monkeypatch):
    """The service of the page."""
    shell(PREPARE, tmp_path)
    monkeypatch.chdir(tmp_path)
    service = Serving(tmp_path, CONFIG, ports=("--grpc", "0.0.0.0:0", "--http", "0.0.0.0:0"))
    yield service
    service.close()


def test_a_sender_with_the_token_gets_in(running, tmp_path):
    port = running.ready["http"].rpartition(":")[2]
    send = SEND.replace("4318", port)
    assert shell(send, tmp_path) == "{}"
    assert "not valid" in shell(send.replace("cat checkout.token", "echo otelcert_wrong"), tmp_path)
    headers = shell(f'{EXPORTS}echo "$OTEL_EXPORTER_OTLP_HEADERS"', tmp_path)
    token = (tmp_path / "checkout.token").read_text().strip()
    assert headers == f"authorization=Bearer%20{token}\n"


def test_what_came_with_a_token_can_be_asked_for(tmp_path):
    (sql,) = re.findall(r"`(SELECT .*?)`", PAGE)
    store = Store(tmp_path)
    store.take(body(chat(1)))
    assert ask(store.layout.root, sql) == [(None, 0)]


def test_the_configuration_is_valid_and_needs_each_of_its_parts():
    registry = Registry.installed()
    assert check(CONFIG, registry, {}).problems == ()
    assert len(check(CONFIG.replace("auth: tokens", ""), registry, {}).problems) == 2


def test_the_table_of_limits_shows_the_defaults():
    settings = OtlpSettings()
    http, grpc = settings.protocols.http, settings.protocols.grpc
    rows = dict(re.findall(r"^\| ([^|]+?) \| [^|]* \| ([^|]+?) \|", PAGE.partition("## Limits")[2], re.MULTILINE))
    assert rows["connections"] == f"{http.max_connections} each" == f"{grpc.max_connections} each"
    assert rows["TLS, HTTP/2 handshake"] == f"{http.handshake_timeout:g} s" == f"{grpc.handshake_timeout:g} s"
    assert rows["request head"].startswith(f"{http.read_header_timeout:g} s")
    assert rows["request body"].startswith(f"{http.body_timeout:g} s")
    idle = (http.idle_timeout, grpc.keepalive.server_parameters.max_connection_idle)
    assert rows["idle connection"] == "{:g} min, {:g} min".format(*(seconds / 60 for seconds in idle))
    assert rows["size, also decompressed"] == f"{settings.max_request_bytes >> 20} MiB"
