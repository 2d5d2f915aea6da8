"""The OTLP receiver: gRPC and HTTP, for traces, logs and metrics; a request is acknowledged when it is durable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pydantic import Field, field_validator

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.config.units import Bytes, Seconds
from otel_cert.otlp.requests import SIGNALS

if TYPE_CHECKING:
    from otel_cert.receivers._intake import Append
    from otel_cert.telemetry import Metrics

_MAX_IN_FLIGHT_REQUESTS = 1024
_MIN_IN_FLIGHT_BYTES = 128 << 20


def _check_endpoint(endpoint: str | None) -> str | None:
    if endpoint is None:
        return None
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{endpoint!r} is no endpoint; write HOST:PORT, e.g. 127.0.0.1:4317, or null to switch it off")
    return endpoint


class GrpcSettings(Settings):
    """OTLP/gRPC."""

    endpoint: str | None = "127.0.0.1:4317"
    """Where to listen, `HOST:PORT`; port 0 takes a free one, null switches gRPC off."""

    _checked = field_validator("endpoint")(_check_endpoint)


class HttpSettings(Settings):
    """OTLP/HTTP, protobuf and JSON on one port."""

    endpoint: str | None = "127.0.0.1:4318"
    """Where to listen, `HOST:PORT`; port 0 takes a free one, null switches HTTP off."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose web pages may send, e.g. `https://app.example.com`; none by default."""
    body_timeout: Seconds = 30.0
    """How long a sender may take to send one body."""

    _checked = field_validator("endpoint")(_check_endpoint)


class ProtocolSettings(Settings):
    """The transports of the OTLP receiver; both are on, unless their endpoint is null."""

    grpc: GrpcSettings = GrpcSettings()
    """OTLP/gRPC."""
    http: HttpSettings = HttpSettings()
    """OTLP/HTTP."""


class OtlpSettings(Settings):
    """Settings of the OTLP receiver."""

    protocols: ProtocolSettings = ProtocolSettings()
    """The transports; both are on, unless their endpoint is null."""
    max_request_bytes: Bytes = Field(default=20 << 20, ge=1)
    """Largest request, on the wire and after decompression; larger ones are refused for good."""


class _Server(Protocol):
    def start(self) -> str: ...

    def stop(self, grace_s: float) -> None: ...


class OtlpReceiver:
    """Both transports over one `append`, which returns when its requests are durable."""

    def __init__(
        self,
        settings: OtlpSettings,
        append: Append,
        problems: Callable[[], Mapping[str, str]],
        metrics: Metrics | None = None,
        *,
        signals: Collection[str] = tuple(SIGNALS),
        metrics_page: bool = True,
    ) -> None:
        self._settings, self._append, self._problems, self._metrics = settings, append, problems, metrics
        self._signals, self._metrics_page = signals, metrics_page
        self._servers: list[_Server] = []

    def start(self) -> Mapping[str, str]:
        """Begin to accept, and return the bound endpoints, `grpc` and `http`; raises UsageError when that fails."""
        endpoints = {}
        try:
            for name, server in self._make().items():
                endpoints[name] = server.start()
                self._servers.append(server)
        except BaseException:
            self.stop(0)
            raise
        return endpoints

    def stop(self, grace_s: float) -> None:
        """Refuse what is new, let what is in flight finish within `grace_s` seconds per transport, and close."""
        while self._servers:
            self._servers.pop().stop(grace_s)

    def _make(self) -> Mapping[str, _Server]:
        # Imported here, so that checking a configuration loads neither gRPC nor uvicorn.
        from otel_cert.receivers import _grpc, _http, _http_server
        from otel_cert.receivers._intake import Admission
        from otel_cert.telemetry import Metrics

        protocols, limit = self._settings.protocols, self._settings.max_request_bytes
        grpc, http = protocols.grpc, protocols.http
        metrics = self._metrics or Metrics()
        admission = Admission(_MAX_IN_FLIGHT_REQUESTS, max(_MIN_IN_FLIGHT_BYTES, 4 * limit))
        servers: dict[str, _Server] = {}
        if grpc.endpoint:
            servers["grpc"] = _grpc.GrpcServer(
                grpc.endpoint, self._append, admission, metrics,
                max_request_bytes=limit, max_waiting=_MAX_IN_FLIGHT_REQUESTS, signals=self._signals,
            )  # fmt: skip
        if http.endpoint:
            limits = _http.Limits(limit, http.body_timeout)
            application = _http.app(
                self._append, self._problems, admission, metrics, limits, http.cors_origins,
                signals=self._signals, metrics_page=self._metrics_page,
            )  # fmt: skip
            servers["http"] = _http_server.HttpServer(http.endpoint, application)
        return servers


def _create(settings: OtlpSettings) -> Callable[..., OtlpReceiver]:
    return partial(OtlpReceiver, settings)


FACTORY = Factory(
    type="otlp",
    kind=Kind.RECEIVER,
    config=OtlpSettings,
    create=_create,
    stability=Stability.BETA,
    doc="Takes traces, logs and metrics over OTLP/gRPC and OTLP/HTTP; acknowledges what is durable.",
    signals=(Signal.TRACES, Signal.LOGS, Signal.METRICS),
)
