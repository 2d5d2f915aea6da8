"""Settings of the exporter `otlp`: the grammar of the Collector's exporters `otlp` and `otlphttp`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from otel_cert.component import Settings
from otel_cert.config.units import Bytes, Seconds

_HEADER = re.compile(r"[A-Za-z0-9_.-]+")
_PORTS = {"http": 80, "https": 443}


def _sendable(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ValueError(f"{name!r} is no header name")
        if not re.fullmatch(r"[\x20-\x7e]*", value.get_secret_value()):
            raise ValueError(f"the value of header {name!r} is not printable ASCII")
    return headers


Headers = Annotated[dict[str, SecretStr], AfterValidator(_sendable)]
"""A settings field of HTTP or gRPC headers."""


class TlsSettings(Settings):
    """How to reach an endpoint with TLS."""

    insecure: bool = False
    """Send in plain text to an endpoint without a scheme."""
    ca_file: Path | None = None
    """Certificates (PEM) to trust; the usual authorities when not given."""
    cert_file: Path | None = None
    """Our certificate (PEM), for an endpoint that asks for one."""
    key_file: Path | None = None
    """Its private key (PEM)."""
    server_name_override: str | None = None
    """Name that the endpoint's certificate must be for, instead of the one in `endpoint`."""

    @model_validator(mode="after")
    def _paired(self) -> TlsSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        return self


class RetrySettings(Settings):
    """What to do when an endpoint fails for a while."""

    enabled: bool = True
    """Try again; otherwise a batch that fails is set aside at once."""
    initial_interval: Seconds = Field(default=5.0, gt=0)
    """Wait about this long after the first failure, then half as long again each time."""
    max_interval: Seconds = Field(default=30.0, gt=0)
    """Wait about this long at most, unless the endpoint asks for more."""
    max_elapsed_time: Seconds = 0.0
    """Set a batch aside when it failed for this long; 0 = never: `sending_queue` bounds what waits."""


class BatchSettings(Settings):
    """How much one request holds."""

    max_size: int = Field(default=2048, ge=1)
    """Most spans, log records or metric points."""
    max_bytes: Bytes = Field(default=3 << 20, ge=1)
    """About the most bytes before compression; endpoints usually take 4 MiB. What one refuses as too large is halved."""


class QueueSettings(Settings):
    """What may wait for an endpoint; it waits in the store, which has it anyway. The oldest beyond a bound is skipped."""

    max_age: Seconds = Field(default=7 * 86400.0, gt=0)
    """Skip what was received longer ago, also when the exporter is new."""
    queue_size: int = Field(default=10_000_000, ge=1)
    """Skip the oldest when more spans, log records or metric points than this wait, per signal and receiver."""
    batch: BatchSettings = BatchSettings()
    """How much one request holds."""


class OtlpSettings(Settings):
    """Settings of the exporter `otlp`."""

    endpoint: str
    """gRPC: `HOST:PORT`, or with `http://` (plain) or `https://` before it. HTTP: a URL, to which `/v1/traces` is added."""
    protocol: Literal["grpc", "http/protobuf"] = "grpc"
    """Transport."""
    headers: Headers = Field(default_factory=dict)
    """Headers of every request; write secrets as `${env:NAME}`."""
    compression: Literal["gzip", "none"] = "gzip"
    """Of requests."""
    timeout: Seconds = Field(default=10.0, gt=0)
    """How long one attempt may take."""
    analysis_wait: Seconds = 600.0
    """Send spans without what is computed for them when that is not there this long after they arrived."""
    tls: TlsSettings = TlsSettings()
    """How to reach an endpoint with TLS."""
    retry_on_failure: RetrySettings = RetrySettings()
    """What to do when an endpoint fails for a while."""
    sending_queue: QueueSettings = QueueSettings()
    """What may wait for an endpoint."""

    @model_validator(mode="after")
    def _reachable(self) -> OtlpSettings:
        scheme, _, rest = self.endpoint.rpartition("://")
        example = "HOST:PORT" if self.protocol == "grpc" else "http://HOST:PORT or https://HOST:PORT"
        try:
            parts = urlsplit(f"//{rest}")
            usable = bool(parts.hostname) and (self.protocol != "grpc" or (parts.port and not parts.path))
        except ValueError:  # no port number
            usable = False
        if scheme not in _PORTS and (scheme or self.protocol != "grpc"):
            usable = False
        if not usable or parts.username:
            raise ValueError(f"the endpoint of protocol {self.protocol} must be {example}; secrets belong in `headers`")
        if scheme == "https" and self.tls.insecure:
            raise ValueError("tls.insecure contradicts an https:// endpoint")
        return self

    @property
    def plain(self) -> bool:
        """Whether requests go without TLS."""
        return self.endpoint.startswith("http://") or ("://" not in self.endpoint and self.tls.insecure)

    def sends_to(self) -> tuple[str, ...]:
        """Return the endpoint as `HOST:PORT`."""
        scheme, _, rest = self.endpoint.rpartition("://")
        parts = urlsplit(f"//{rest}")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return (f"{host}:{parts.port or _PORTS[scheme]}",)
