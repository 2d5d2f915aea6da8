"""The scoring server: listens, tells its health, and stops when what is in flight is done."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from otel_cert.config.endpoints import address_of
from otel_cert.errors import UsageError
from otel_cert.receivers._gate import Gate
from otel_cert.receivers._tls import Certificates, grpc_credentials
from otel_cert.score_server.servicer import Servicer
from otel_cert.score_server.settings import ScoreServerSettings
from otel_cert.scoring import wire
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.remote_models import LanguageModel
from otel_cert.stopping import Stop
from otel_cert.store.layout import Layout
from otel_cert.store.tokens import Tokens

log = structlog.get_logger(__name__)

_SPARE_THREADS = 16
"""Beside those that wait for results: they answer at once, also that there are too many."""


class ScoreServer:
    """Serves embeddings, and a language model's scores where there is one."""

    def __init__(self, settings: ScoreServerSettings, encoder: Encoder, lm: LanguageModel | None = None) -> None:
        """Bind nothing yet; raises ConfigError when certificates are not sound."""
        self._settings = settings
        self._credentials = (
            grpc_credentials(Certificates(settings.tls, "score-server.tls")) if settings.tls.enabled else None
        )
        self.servicer = Servicer(
            encoder, lm, _gate(settings),
            most_together=settings.most_together, most_items_together=settings.most_items_together,
            waiting=settings.waiting, calls=settings.calls,
        )  # fmt: skip
        self._pool = ThreadPoolExecutor(settings.calls + _SPARE_THREADS, thread_name_prefix="score-grpc")
        self._health = health.HealthServicer()
        options = [
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
            ("grpc.max_receive_message_length", wire.LARGEST_REQUEST),
            ("grpc.max_send_message_length", -1),
        ]
        self._server = grpc.server(self._pool, options=options)
        self._server.add_generic_rpc_handlers([self.servicer.handler()])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    def start(self) -> str:
        """Listen, and return the bound `HOST:PORT`; raises UsageError when that fails."""
        endpoint = self._settings.endpoint
        try:
            family, (host, port) = address_of(endpoint)
            address = f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"
            if self._credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, self._credentials)
        except (RuntimeError, OSError) as error:
            raise UsageError(
                f"cannot listen on {endpoint}", hint="is the port in use? choose another with --listen HOST:PORT"
            ) from error
        self.servicer.start()
        self._server.start()
        for name in ("", wire.SERVICE):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return f"{endpoint.rpartition(':')[0]}:{port}"

    def stop(self, grace_s: float | None = None) -> None:
        """Refuse new calls, let those in flight finish within `grace_s` seconds, and close."""
        self._health.enter_graceful_shutdown()
        self._server.stop(self._settings.grace_s if grace_s is None else grace_s).wait()
        self.servicer.stop()
        self._pool.shutdown()


def _gate(settings: ScoreServerSettings) -> Gate:
    if settings.auth is None:
        return Gate()
    if settings.data_dir is None:
        raise UsageError("tokens are kept in a data directory", hint="give --data-dir DIRECTORY")
    tokens = Tokens(Layout.create(settings.data_dir).tokens)
    if not tokens.any_valid():
        log.warning("nobody has a valid token yet: otel-cert token create --name NAME --scope score")
    return Gate(tokens)


def serve(
    settings: ScoreServerSettings,
    encoder: Encoder,
    lm: LanguageModel | None,
    *,
    insecure: bool = False,
    on_ready: Callable[[Mapping[str, object]], None],
) -> None:
    """Load the models, serve until SIGTERM or SIGINT, and let what is in flight finish.

    Raises:
        UsageError: others on the network could ask and read along, and `insecure` does not say that this is wanted; or the
            endpoint cannot be listened on.
        NotFound: a model cannot be found.

    """
    if not insecure and (exposed := settings.exposed()):
        raise UsageError(
            "; ".join(exposed.values()),
            hint="give --tls-cert and --tls-key, and --auth tokens or --tls-client-ca; or listen on 127.0.0.1; or accept"
            " it with --insecure",
        )
    stop = Stop(signal.SIGTERM, signal.SIGINT)
    versions = dict(encoder.versions)  # loads it: what is wrong with a model is told before the first request
    label = lm.label if lm is not None else None
    server = ScoreServer(settings, encoder, lm)
    bound = server.start()
    try:
        on_ready({"event": "ready", "grpc": bound, "encoder": versions, "lm": label, "pid": os.getpid()})
        while not stop.wait(0.1):
            pass
    finally:
        server.stop()
