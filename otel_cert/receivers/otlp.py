"""The OTLP receiver: gRPC and HTTP, for traces, logs and metrics; a request is acknowledged when it is durable."""

from __future__ import annotations

import resource
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from otel_cert.component import Factory, Kind, Signal, Stability
from otel_cert.errors import ConfigError, ConfigProblem
from otel_cert.otlp.requests import SIGNALS
from otel_cert.receivers._settings import OtlpSettings

if TYPE_CHECKING:
    from otel_cert.receivers._gate import Gate
    from otel_cert.receivers._intake import Admission, Append
    from otel_cert.receivers._tls import Certificates
    from otel_cert.store.tokens import Tokens
    from otel_cert.telemetry import Metrics

__all__ = ["FACTORY", "OtlpReceiver", "OtlpSettings"]

log = structlog.get_logger(__name__)

_MAX_IN_FLIGHT_REQUESTS = 1024
_MIN_IN_FLIGHT_BYTES = 128 << 20
_OTHER_FILES = 192
"""File descriptors kept for everything but connections."""


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
        tokens: Tokens | None = None,
    ) -> None:
        self._settings, self._append, self._others, self._metrics = settings, append, problems, metrics
        self._signals, self._metrics_page, self._tokens = signals, metrics_page, tokens
        self._certificates: dict[str, Certificates] = {}
        self._servers: list[_Server] = []

    def start(self) -> Mapping[str, str]:
        """Begin to accept, and return the bound endpoints, `grpc` and `http`.

        Raises ConfigError when the files for TLS are not sound, UsageError when it cannot listen.
        """
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

    def _problems(self) -> dict[str, str]:
        found = {f"{name} certificate": files.problem() for name, files in self._certificates.items()}
        if self._settings.auth and self._tokens:
            found["tokens"] = self._tokens.problem
        return {**self._others(), **{part: problem for part, problem in found.items() if problem}}

    def _make(self) -> Mapping[str, _Server]:
        # Imported here and below, so that checking a configuration loads neither gRPC nor uvicorn.
        from otel_cert.receivers._intake import Admission
        from otel_cert.telemetry import Metrics

        settings = self._settings
        metrics, gate = self._metrics or Metrics(), self._gate()
        admission = Admission(_MAX_IN_FLIGHT_REQUESTS, max(_MIN_IN_FLIGHT_BYTES, 4 * settings.max_request_bytes))
        servers: dict[str, _Server] = {}
        if settings.protocols.grpc.endpoint:
            servers["grpc"] = self._grpc(admission, gate, metrics)
        if settings.protocols.http.endpoint:
            servers["http"] = self._http(admission, gate, metrics)
        for name, files in self._certificates.items():
            metrics.watch_certificate(name, files.expires_unix_s, partial(getattr, files, "stale"))
        return servers

    def _gate(self) -> Gate:
        from otel_cert.receivers._gate import Gate, Rate

        if self._settings.auth and self._tokens is None:
            raise ConfigError([ConfigProblem("there is no data directory that holds tokens", "auth")], source="otlp")
        if self._settings.auth and self._tokens and not self._tokens.any_valid():
            log.warning("nobody can send: there is no valid token; `otel-cert token create --name NAME` makes one")
        limits = self._settings.rate_limit
        return Gate(
            self._tokens if self._settings.auth else None,
            Rate(limits.requests_per_second) if limits.requests_per_second else None,
            Rate(limits.bytes_per_second) if limits.bytes_per_second else None,
        )

    def _grpc(self, admission: Admission, gate: Gate, metrics: Metrics) -> _Server:
        from otel_cert.receivers._grpc import GrpcServer

        settings, credentials = self._settings.protocols.grpc, None
        if settings.tls.enabled:
            from otel_cert.receivers._tls import Certificates, grpc_credentials

            self._certificates["grpc"] = Certificates(settings.tls, "protocols.grpc.tls")
            credentials = grpc_credentials(self._certificates["grpc"])
        return GrpcServer(
            settings, self._append, admission, gate, metrics,
            credentials=credentials, max_connections=_connections("grpc", settings.max_connections),
            max_request_bytes=self._settings.max_request_bytes, max_waiting=_MAX_IN_FLIGHT_REQUESTS,
            signals=self._signals,
        )  # fmt: skip

    def _http(self, admission: Admission, gate: Gate, metrics: Metrics) -> _Server:
        from otel_cert.receivers import _http
        from otel_cert.receivers._http_server import HttpServer

        settings, tls = self._settings.protocols.http, None
        if settings.tls.enabled:
            from otel_cert.receivers._tls import Certificates, RotatingContext

            self._certificates["http"] = Certificates(settings.tls, "protocols.http.tls")
            tls = RotatingContext.of(self._certificates["http"])
        limits = _http.Limits(self._settings.max_request_bytes, settings.body_timeout)
        application = _http.app(
            self._append, self._problems, admission, metrics, limits, settings.cors_origins,
            gate=gate, signals=self._signals, metrics_page=self._metrics_page,
        )  # fmt: skip
        return HttpServer(settings, application, tls, _connections("http", settings.max_connections))


def _connections(transport: str, wanted: int) -> int:
    """Return how many connections a transport may have: the wanted number, if there are file descriptors for them."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    possible = wanted if files == resource.RLIM_INFINITY else max(16, (files - _OTHER_FILES) // 2)
    if possible < wanted:
        log.info("fewer connections than configured: raise the limit of open files", transport=transport, max=possible)
    return min(wanted, possible)


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
