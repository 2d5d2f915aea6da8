"""TLS on both transports: who gets in, and certificates that are renewed while connections are open."""

import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import grpc
import httpx
import pytest
import structlog

from otel_cert.errors import ConfigError
from otel_cert.receivers import _tls
from otel_cert.receivers._settings import OtlpSettings, TlsSettings
from otel_cert.receivers._tls import Certificates
from otel_cert.receivers.otlp import FACTORY
from otel_cert.telemetry import Metrics

from .authority import PAST, Authority
from .conftest import Sink, traces

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
HELLO = {
    "grpc": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "http": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}
BODY = traces().SerializeToString()


class Secured:
    """A receiver with TLS; `sends` tries one request over a new connection."""

    def __init__(self, tls, **settings):
        tls = {"reload_interval": 0, **{key: str(value) for key, value in tls.items()}}
        protocols = {name: {"endpoint": "127.0.0.1:0", "tls": tls} for name in ("grpc", "http")}
        self.sink, self.metrics, self.problems = Sink(), Metrics(), {}
        make = FACTORY.create(OtlpSettings(protocols=protocols, **settings))
        self.receiver = make(self.sink, lambda: self.problems, self.metrics)
        self.endpoints = self.receiver.start()

    def client(self, context):
        return httpx.Client(base_url=f"https://{self.endpoints['http']}", verify=context, timeout=60)

    def channel(self, authority, pair=None):
        certificate, key = (file.read_bytes() for file in pair) if pair else (None, None)
        credentials = grpc.ssl_channel_credentials(authority.pem, key, certificate)
        return grpc.secure_channel(self.endpoints["grpc"], credentials, [("grpc.use_local_subchannel_pool", 1)])

    def sends(self, transport, authority, pair=None):
        if transport == "grpc":
            with self.channel(authority, pair) as channel:
                return call(channel)
        with self.client(authority.context(pair)) as client:
            return post(client)


def call(channel):
    try:
        return channel.unary_unary(EXPORT)(BODY, timeout=60) == b""
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False


def post(client):
    try:
        return client.post("/v1/traces", content=BODY, headers={"Content-Type": "application/x-protobuf"}).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "pki")


@pytest.fixture
def secured(authority):
    """Start receivers with a certificate of the authority and other TLS settings."""
    started = []

    def run(**tls):
        certificate, key = authority.issue("server")
        started.append(Secured({"cert_file": certificate, "key_file": key, **tls}))
        return started[-1]

    yield run
    for one in started:
        one.receiver.stop(5)


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_sender_that_trusts_the_authority_gets_in(secured, authority, tmp_path, transport):
    running = secured()
    assert running.sends(transport, authority)
    assert not running.sends(transport, Authority(tmp_path / "other"))
    assert len(running.sink.requests) == 1


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_client_certificate_is_required_and_names_the_subject(secured, authority, tmp_path, transport):
    clients = Authority(tmp_path / "clients")
    running = secured(client_ca_file=clients.file)
    for pair in (
        None,
        Authority(tmp_path / "other").issue("stranger", "shop"),
        clients.issue("old", "shop", not_before=PAST, not_after=PAST.replace(year=2002)),
    ):
        assert not running.sends(transport, authority, pair)
    assert running.sends(transport, authority, clients.issue("shop", "shop.example", common_name="common"))
    assert running.sends(transport, authority, clients.issue("mail", "ops@shop.example"))
    assert [request.subject for request in running.sink.requests] == ["shop.example", "ops@shop.example"]


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_renewed_certificate_is_taken_over_and_open_connections_go_on(secured, authority, tmp_path, transport):
    running = secured()
    client, channel = running.client(authority.context()), running.channel(authority)
    one = (lambda: call(channel)) if transport == "grpc" else (lambda: post(client))
    assert one()
    renewed = Authority(tmp_path / "pki", "renewed")
    renewed.issue("server")
    assert running.sends(transport, renewed)
    assert not running.sends(transport, authority)
    assert one(), "the connection of before goes on"
    client.close()
    channel.close()


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_removed_client_authority_lets_nobody_in_any_more(secured, authority, tmp_path, transport):
    old, new = Authority(tmp_path / "old"), Authority(tmp_path / "new")
    running = secured(client_ca_file=old.file)
    before, after = old.issue("shop", "shop"), new.issue("shop", "shop")
    assert running.sends(transport, authority, before)
    old.file.write_bytes(new.pem)
    assert not running.sends(transport, authority, before)
    assert running.sends(transport, authority, after)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_session_does_not_outlive_its_authority(secured, authority, tmp_path, transport, version):
    clients = Authority(tmp_path / "clients")
    running = secured(client_ca_file=clients.file)
    context = authority.context(clients.issue("shop", "shop"))
    context.maximum_version = version
    context.set_alpn_protocols(["h2"] if transport == "grpc" else ["http/1.1"])
    session = resume(running, transport, context, None)
    session = resume(running, transport, context, session)
    clients.file.write_bytes(Authority(tmp_path / "new").pem)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        resume(running, transport, context, session)


def resume(running, transport, context, session):
    """Connect with a TLS session, hear an answer, and return the session for the next time."""
    host, _, port = running.endpoints[transport].rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=60) as raw,
        context.wrap_socket(raw, server_hostname=host, session=session) as tls,
    ):
        tls.sendall(HELLO[transport])
        if not tls.recv(65536):
            raise ConnectionError("closed")
        return tls.session


def test_files_that_do_not_fit_are_left_aside_until_they_do(secured, authority):
    running = secured()
    pair = authority.issue("server")
    right = pair[1].read_bytes()
    pair[1].write_bytes(authority.issue("another")[1].read_bytes())
    for transport in ("grpc", "http"):
        assert running.sends(transport, authority)
        assert f'renewal_failed{{transport="{transport}"}} 1.0' in running.metrics.page()[0].decode()
    pair[1].write_bytes(right)
    for transport in ("grpc", "http"):
        assert running.sends(transport, authority)
        assert f'renewal_failed{{transport="{transport}"}} 0.0' in running.metrics.page()[0].decode()


def test_an_expired_certificate_in_use_is_a_problem(authority, monkeypatch):
    soon = datetime.now(UTC) + timedelta(hours=1)
    certificate, key = authority.issue("server", not_after=soon)
    files = Certificates(TlsSettings(cert_file=certificate, key_file=key), "tls")
    assert files.problem() is None
    assert files.expires_unix_s() == pytest.approx(soon.timestamp(), abs=1)
    monkeypatch.setattr(_tls, "datetime", SimpleNamespace(now=lambda _zone: soon + timedelta(seconds=1)))
    assert files.problem().startswith("the TLS certificate expired at ")


def wrong(authority):
    """Yield what can be wrong with the files: (key, message, change of the settings)."""
    certificate, key = authority.issue("server")
    empty = certificate.with_name("empty")
    empty.write_text("nothing")
    secret = certificate.with_name("secret.key")
    os.system(f"openssl rsa -aes256 -passout pass:x -in {key} -out {secret} 2>/dev/null || openssl ec -aes256"
              f" -passout pass:x -in {key} -out {secret} 2>/dev/null")  # fmt: skip
    old = authority.issue("old", not_before=PAST, not_after=PAST.replace(year=2002))
    young = authority.issue("young", not_before=PAST.replace(year=2098), not_after=PAST.replace(year=2099))
    yield "cert_file", "cannot read .*No such file", {"cert_file": certificate.with_name("none")}
    yield "key_file", "cannot read .*directory", {"key_file": certificate.parent}
    yield "cert_file", "holds no certificate", {"cert_file": empty}
    yield "key_file", "holds no private key", {"key_file": empty}
    yield "key_file", "has a passphrase", {"key_file": secret}
    yield "key_file", "is not the key of", {"key_file": authority.issue("another")[1]}
    yield "cert_file", "expired at 2002-01-01", {"cert_file": old[0], "key_file": old[1]}
    yield "cert_file", "valid only from 2098", {"cert_file": young[0], "key_file": young[1]}
    yield "client_ca_file", "holds no certificate", {"client_ca_file": empty}


def test_what_is_wrong_with_the_files_is_said(authority):
    certificate, key = authority.issue("right")
    right = {"cert_file": certificate, "key_file": key}
    for at, message, change in wrong(authority):
        with pytest.raises(ConfigError, match=rf"grpc\.tls\.{at}: .*{message}"):
            Certificates(TlsSettings(**right | change), "grpc.tls")


def test_a_key_that_everybody_can_read_is_warned_of(authority):
    certificate, key = authority.issue("server")
    key.chmod(0o644)
    with structlog.testing.capture_logs() as logs:
        Certificates(TlsSettings(cert_file=certificate, key_file=key), "tls")
    assert [(line["log_level"], line["key_file"]) for line in logs] == [("warning", str(key))]


@pytest.mark.parametrize(
    "tls", [{"cert_file": "a"}, {"key_file": "a"}, {"client_ca_file": "a"}, {"min_version": "1.1"}]
)
def test_incomplete_settings(tls):
    with pytest.raises(ValueError, match=r"belong together|needs cert_file|'1\.2' or '1\.3'"):
        TlsSettings(**tls)
