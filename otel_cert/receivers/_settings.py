"""What can be set about the OTLP receiver, in the Collector's words where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from otel_cert.component import Settings
from otel_cert.config import endpoints
from otel_cert.config.units import Bytes, Seconds

_EXPOSED = (
    "anybody on the network could read along and send: set tls.cert_file and tls.key_file, and `auth: tokens` or"
    " tls.client_ca_file; or listen on 127.0.0.1; or accept it with service.insecure (`serve --insecure`)"
)


class TlsSettings(Settings):
    """TLS, on when there is a certificate."""

    cert_file: Path | None = None
    """Certificate chain, PEM; renewed files are taken over without a restart."""
    key_file: Path | None = None
    """Private key of the certificate, PEM, without a passphrase."""
    client_ca_file: Path | None = None
    """Senders have to show a certificate that one of these authorities (PEM) signed."""
    min_version: Literal["1.2", "1.3"] = "1.2"
    """Oldest version of TLS to speak."""
    reload_interval: Seconds = 10.0
    """Look for renewed files this often."""

    @model_validator(mode="after")
    def _complete(self) -> TlsSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        if self.client_ca_file and not self.cert_file:
            raise ValueError("client_ca_file needs cert_file and key_file too")
        return self

    @property
    def enabled(self) -> bool:
        """Whether to speak TLS."""
        return self.cert_file is not None


class GrpcTlsSettings(TlsSettings):
    """TLS over gRPC, whose library cannot be kept from TLS 1.2."""

    min_version: Literal["1.2"] = "1.2"
    """Oldest version of TLS to speak; grpcio knows no other lower bound."""


class ServerParameters(Settings):
    """How long connections live."""

    max_connection_idle: Seconds = Field(300.0, gt=0)
    """Close a connection without calls after this long; its sender opens a new one when it needs it."""
    max_connection_age: Seconds | None = Field(None, gt=0)
    """Close a connection after this long, so that senders spread over new ones; null never does."""
    max_connection_age_grace: Seconds = 30.0
    """Time for calls in flight when a connection has reached that age."""
    time: Seconds = Field(60.0, gt=0)
    """Ask a silent sender after this long whether it is still there ..."""
    timeout: Seconds = Field(20.0, gt=0)
    """... and close the connection when no answer came for this long."""


class EnforcementPolicy(Settings):
    """How often senders may ping; who pings more is disconnected (ENHANCE_YOUR_CALM)."""

    min_time: Seconds = 10.0
    """Least time between two pings of a sender."""
    permit_without_stream: bool = True
    """Whether senders may ping between calls."""


class KeepaliveSettings(Settings):
    """Keepalive of gRPC connections."""

    server_parameters: ServerParameters = ServerParameters()
    """How long connections live."""
    enforcement_policy: EnforcementPolicy = EnforcementPolicy()
    """How often senders may ping."""


class GrpcSettings(Settings):
    """OTLP/gRPC."""

    endpoint: str | None = "127.0.0.1:4317"
    """Where to listen, `HOST:PORT`; port 0 takes a free one, null switches gRPC off."""
    tls: GrpcTlsSettings = GrpcTlsSettings()
    """TLS, on when there is a certificate."""
    keepalive: KeepaliveSettings = KeepaliveSettings()
    """Keepalive of gRPC connections."""
    handshake_timeout: Seconds = Field(10.0, gt=0)
    """How long a new connection may take for its TLS and HTTP/2 handshake."""
    body_timeout: Seconds = Field(30.0, gt=0)
    """How long a sender may take to send one body."""
    max_connections: int = Field(4096, ge=1)
    """Connections open at a time; further ones are closed at once."""

    _checked = field_validator("endpoint")(endpoints.checked)


class HttpSettings(Settings):
    """OTLP/HTTP, protobuf and JSON on one port."""

    endpoint: str | None = "127.0.0.1:4318"
    """Where to listen, `HOST:PORT`; port 0 takes a free one, null switches HTTP off."""
    tls: TlsSettings = TlsSettings()
    """TLS, on when there is a certificate."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose web pages may send, e.g. `https://app.example.com`; none by default."""
    handshake_timeout: Seconds = Field(10.0, gt=0)
    """How long a new connection may take for its TLS handshake."""
    read_header_timeout: Seconds = Field(30.0, gt=0)
    """How long a sender may take to send one request's head."""
    body_timeout: Seconds = Field(30.0, gt=0)
    """How long a sender may take to send one body."""
    idle_timeout: Seconds = Field(120.0, gt=0)
    """Close a connection without requests after this long; longer than senders wait between exports, or they retry."""
    max_connections: int = Field(4096, ge=1)
    """Connections open at a time; for a further one, the one that was idle longest is closed."""

    _checked = field_validator("endpoint")(endpoints.checked)


class ProtocolSettings(Settings):
    """The transports of the OTLP receiver; both are on, unless their endpoint is null."""

    grpc: GrpcSettings = GrpcSettings()
    """OTLP/gRPC."""
    http: HttpSettings = HttpSettings()
    """OTLP/HTTP."""


class RateLimitSettings(Settings):
    """How much each sender may send: each subject, or each address when senders are not known by name."""

    requests_per_second: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Requests; bursts of ten seconds' worth pass. No limit when null."""
    bytes_per_second: Bytes | None = Field(None, gt=0)
    """Bytes after decompression; bursts of ten seconds' worth pass. No limit when null."""


class OtlpSettings(Settings):
    """Settings of the OTLP receiver."""

    protocols: ProtocolSettings = ProtocolSettings()
    """The transports; both are on, unless their endpoint is null."""
    auth: Literal["tokens"] | None = None
    """`tokens`: every request needs a bearer token of `otel-cert token create`."""
    rate_limit: RateLimitSettings = RateLimitSettings()
    """How much each sender may send."""
    max_request_bytes: Bytes = Field(default=20 << 20, ge=1)
    """Largest request, on the wire and after decompression; larger ones are refused for good."""

    def listens_on(self) -> tuple[str, ...]:
        """Return the endpoints that are on."""
        return tuple(filter(None, (self.protocols.grpc.endpoint, self.protocols.http.endpoint)))

    def exposed(self) -> Mapping[tuple[str, ...], str]:
        """Return the endpoints that others reach without TLS, or without saying who they are."""
        found: dict[tuple[str, ...], str] = {}
        for name, protocol in (("grpc", self.protocols.grpc), ("http", self.protocols.http)):
            safe = protocol.tls.enabled and (self.auth or protocol.tls.client_ca_file)
            if protocol.endpoint and not safe and not endpoints.is_loopback(protocol.endpoint):
                found["protocols", name, "endpoint"] = f"{protocol.endpoint} is not this machine only, and {_EXPOSED}"
        return found
