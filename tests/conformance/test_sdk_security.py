"""The Python and the Node SDK through TLS, a client certificate and a token; without one of them nothing arrives."""

import logging
import os
import shutil
import subprocess
import urllib.parse

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from tests.cli.serving import ask, eventually
from tests.receivers.authority import PAST, Authority

from .secured import secured
from .test_sdk_node import ENVIRONMENT, HERE, PATH, modules  # noqa: F401 - a fixture

NODE = pytest.mark.skipif(os.environ.get("OTEL_CERT_NO_NODE") == "1", reason="OTEL_CERT_NO_NODE=1")


class Sender:
    """What a sender has: whom it trusts, its certificate, its token, and whether it speaks TLS."""

    def __init__(self, service, *, pair, token, scheme="https"):
        self.service, self.pair, self.token, self.scheme = service, pair, token, scheme

    def endpoint(self, transport):
        return f"{self.scheme}://{self.service.ready[transport]}" + ("/v1/traces" if transport == "http" else "")

    def python(self, transport, name, timeout_s=30):
        """Export one span; return whether the exporter says that it arrived."""
        certificate, key = self.pair
        if transport == "http":
            files = {"certificate_file": self.service.authority.file, "client_certificate_file": certificate}
            given = {key: str(file) for key, file in {**files, "client_key_file": key}.items()}
            exporter = HttpSpans(self.endpoint("http"), headers=self.headers(), timeout=timeout_s, **given)
        else:
            credentials = grpc.ssl_channel_credentials(
                self.service.authority.pem, key.read_bytes(), certificate.read_bytes()
            )
            plain = self.scheme == "http"
            exporter = GrpcSpans(self.endpoint("grpc"), insecure=plain, credentials=None if plain else credentials,
                                 headers=self.headers(), timeout=timeout_s)  # fmt: skip
        provider = TracerProvider(resource=Resource({}), shutdown_on_exit=False)
        span = provider.get_tracer("shop").start_span(name)
        span.end()
        arrived = exporter.export([span]) is SpanExportResult.SUCCESS
        exporter.shutdown()
        return arrived

    def node(self, transport, node_modules):
        """Export one span; Node tells nobody whether it arrived."""
        certificate, key = self.pair
        environment = {
            **ENVIRONMENT,
            "NODE_PATH": str(node_modules),
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={urllib.parse.quote('Bearer ' + self.token)}",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(self.service.authority.file),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(certificate),
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(key),
        }
        kind = "proto" if transport == "http" else "grpc"
        command = [shutil.which("node", path=PATH), HERE / "send.cjs", kind, self.endpoint(transport), "1", "arrives"]
        subprocess.run(command, env=environment, check=False, timeout=300, capture_output=True)

    def headers(self):
        return {"authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Serve with TLS, client certificates and tokens."""
    folder = tmp_path_factory.mktemp("sdk")
    clients = Authority(folder / "clients")
    with secured(folder, tls=f"client_ca_file: {clients.file}", more="auth: tokens") as running:
        running.clients = clients
        yield running


def right(service, name):
    """Return a sender that has all that it takes."""
    sender = Sender(service, pair=service.clients.issue(name, "shop"), token=service.token(name))
    eventually(lambda: service.send(b"", f"Bearer {sender.token}", pair=sender.pair).status_code, 200)
    return sender


def wrong(service, sender):
    """Return the same sender with one thing that will not do."""
    old = service.clients.issue("expired", "shop", not_before=PAST, not_after=PAST.replace(year=2002))
    return {
        "token": Sender(service, pair=sender.pair, token="otelcert_" + "x" * 43),
        "expired certificate": Sender(service, pair=old, token=sender.token),
        "plain connection": Sender(service, pair=sender.pair, token=sender.token, scheme="http"),
    }


def stored(service, subject):
    return sorted(name for (name,) in ask(service.data, f"SELECT name FROM spans WHERE subject = '{subject}'"))


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_the_python_sdk(service, transport, caplog, monkeypatch):
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests prefers them to what the exporter is given
        monkeypatch.delenv(variable, raising=False)
    name = f"python-{transport}"
    sender = right(service, name)
    with caplog.at_level(logging.CRITICAL, "opentelemetry"):
        for what, other in wrong(service, sender).items():
            assert not other.python(transport, what, timeout_s=2)
    assert sender.python(transport, "arrives")
    eventually(lambda: stored(service, name), ["arrives"])


@NODE
@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_the_node_sdk(service, transport, modules):  # noqa: F811
    name = f"node-{transport}"
    sender = right(service, name)
    for other in wrong(service, sender).values():
        other.node(transport, modules)
    assert stored(service, name) == []
    sender.node(transport, modules)
    eventually(lambda: stored(service, name), ["arrives"])
