"""OTLP/gRPC: grpcio's synchronous server, whose waiting threads are the ack log's group commit.

grpcio turns an exception of a handler into UNKNOWN, and its own concurrency limit into RESOURCE_EXHAUSTED; senders drop
their data on both. So every exception is answered here, and calls are counted here. grpcio itself decompresses, and
refuses what is too large before or after (RESOURCE_EXHAUSTED without RetryInfo); before 1.84 it unpacked all of it first.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn
from urllib.parse import unquote

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from otel_cert.config.endpoints import address_of
from otel_cert.errors import Backpressure, Malformed, OtelCertError, UsageError
from otel_cert.otlp import status
from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from otel_cert.receivers._gate import Gate, certificate_name
from otel_cert.receivers._intake import Account, Admission, Append, Checked, check
from otel_cert.receivers._settings import GrpcSettings
from otel_cert.telemetry import Metrics

_THREADS = 64
_MAX_STREAMS = 1024
_MAX_INT = 2**31 - 1
_TICK_S = 0.5
_PATIENCE_S = 1.0
"""How long a body may take when all threads are busy."""
_PEER_NAMES = {"peer_uri": "URI", "peer_dns": "DNS", "peer_email": "email", "x509_common_name": "CN"}


class GrpcServer:
    """Serves the three export services and `grpc.health.v1` on one endpoint."""

    def __init__(
        self,
        settings: GrpcSettings,
        append: Append,
        admission: Admission,
        gate: Gate,
        metrics: Metrics,
        *,
        credentials: grpc.ServerCredentials | None,
        max_connections: int,
        max_request_bytes: int,
        max_waiting: int,
        signals: Collection[str] = tuple(SIGNALS),
    ) -> None:
        assert settings.endpoint is not None  # noqa: S101 - null switches gRPC off
        self._endpoint, self._append, self._admission, self._gate = settings.endpoint, append, admission, gate
        self._credentials, self._named = credentials, settings.tls.client_ca_file is not None
        self._account = Account(metrics, "grpc")
        self._max_waiting = max_waiting
        self._pool = _Pool(_THREADS, thread_name_prefix="otlp-grpc")
        self._bodies = _Bodies(settings.body_timeout, self._pool)
        self._health = health.HealthServicer()
        self._server = grpc.server(self._pool, options=_options(settings, max_connections, max_request_bytes))
        self._server.add_generic_rpc_handlers([self._service(signal) for signal in signals])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    def start(self) -> str:
        """Listen, and return the bound `HOST:PORT`; raises UsageError when that fails."""
        try:
            port = self._bind()
        except (RuntimeError, OSError) as error:
            raise UsageError(
                f"cannot listen for OTLP/gRPC on {self._endpoint}",
                hint="is the port in use? choose another with --grpc HOST:PORT",
            ) from error
        self._server.start()
        self._bodies.start()
        for name in ("", *(signal.service for signal in SIGNALS.values())):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return f"{self._endpoint.rpartition(':')[0]}:{port}"

    def _bind(self) -> int:
        # grpcio would read schemes into a name and listen on all of its addresses, so it is resolved here.
        family, (host, port) = address_of(self._endpoint)
        address = f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"
        if self._credentials is None:
            return self._server.add_insecure_port(address)
        return self._server.add_secure_port(address, self._credentials)

    def stop(self, grace_s: float) -> None:
        """Refuse new calls, let those in flight finish within `grace_s` seconds, and close."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace_s).wait()
        self._bodies.stop()
        self._pool.shutdown()

    def _service(self, signal: str) -> grpc.GenericRpcHandler:
        def export(messages: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            try:
                return self._export(signal, messages, context)
            except Exception as error:
                self._account.refused(signal, error)
                _abort(context, error)

        # Without (de)serializers the handler gets and returns bytes: the log stores exactly what was sent. As a stream
        # the one message is asked for here, so that who may not send is refused before it, and who is slow is cut off.
        handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_unary_rpc_method_handler(export)
        return grpc.method_handlers_generic_handler(SIGNALS[signal].service, {"Export": handler})

    def _export(self, signal: str, messages: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        if self._pool.pending > self._max_waiting:
            raise Backpressure(f"more than {self._max_waiting} calls are waiting")
        if not context.is_active():
            raise _Abandoned("the sender gave up before its call was served")
        subject, peer = self._admit(signal, context)
        with self._admission.admit() as lease:
            body = self._bodies.read(messages, context)
            lease.add(len(body))
            checked = check(signal, PROTOBUF, body, subject)
            self._store(checked)
        self._gate.charge(subject, peer, len(body))
        self._account.stored(checked)
        return checked.response

    def _admit(self, signal: str, context: grpc.ServicerContext) -> tuple[str, str]:
        """Return the sender's subject and address."""
        certificate = _certificate(context) if self._named else ""
        if self._gate.open and not certificate:
            return "", ""
        given = [str(value) for key, value in context.invocation_metadata() if key == "authorization"]
        peer = unquote(context.peer()).partition(":")[2].rpartition(":")[0].strip("[]")
        return self._gate.admit(", ".join(given) or None, signal, peer, certificate), peer

    def _store(self, checked: Checked) -> None:
        if checked.items:
            with self._account.commit():
                self._append([checked.request])


def _options(settings: GrpcSettings, max_connections: int, max_request_bytes: int) -> Sequence[tuple[str, int]]:
    lives, pings = settings.keepalive.server_parameters, settings.keepalive.enforcement_policy
    options: dict[str, float] = {
        "grpc.so_reuseport": 0,  # a second server on the port must fail, not share it
        "grpc.max_concurrent_streams": _MAX_STREAMS,
        "grpc.max_allowed_incoming_connections": max_connections,
        "grpc.max_receive_message_length": max_request_bytes,
        "grpc.server_handshake_timeout_ms": settings.handshake_timeout * 1000,
        "grpc.max_connection_idle_ms": lives.max_connection_idle * 1000,
        "grpc.max_connection_age_grace_ms": lives.max_connection_age_grace * 1000,
        "grpc.keepalive_time_ms": lives.time * 1000,
        "grpc.keepalive_timeout_ms": lives.timeout * 1000,
        "grpc.keepalive_permit_without_calls": pings.permit_without_stream,
        "grpc.http2.min_ping_interval_without_data_ms": pings.min_time * 1000,
        "grpc.http2.max_ping_strikes": 2,
    }
    if lives.max_connection_age is not None:
        options["grpc.max_connection_age_ms"] = lives.max_connection_age * 1000
    return [(name, min(round(value), _MAX_INT)) for name, value in options.items()]


def _certificate(context: grpc.ServicerContext) -> str:
    """Return the name in the sender's verified certificate."""
    found: Mapping[str, Iterable[bytes]] = context.auth_context()  # type: ignore[assignment]  # its stub is wrong
    return certificate_name(
        (kind, value.decode("utf-8", "replace")) for name, kind in _PEER_NAMES.items() for value in found.get(name, ())
    )


class _Bodies:
    """Bodies that are on their way: each holds a thread, so none may take long, least of all when threads are short."""

    def __init__(self, timeout_s: float, pool: _Pool) -> None:
        self._timeout_s, self._pool = timeout_s, pool
        self._waiting: dict[grpc.ServicerContext, float] = {}
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._run, name="otlp-grpc-bodies", daemon=True)

    def read(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        """Return the call's message; raises when the call is cancelled, also from here for being slow."""
        self._waiting[context] = time.monotonic()
        try:
            return next(messages)
        except StopIteration:
            raise Malformed("the call has no message") from None
        except grpc.RpcError:
            raise _Abandoned("the call was cancelled before its message was there") from None
        finally:
            del self._waiting[context]

    def start(self) -> None:
        """Begin to watch."""
        self._watch.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()
        self._watch.join()

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_S):
            scarce = self._pool.pending >= _THREADS
            begun_before = time.monotonic() - (min(_PATIENCE_S, self._timeout_s) if scarce else self._timeout_s)
            for context, begun in list(self._waiting.items()):
                if begun < begun_before:
                    context.cancel()


class _Abandoned(OtelCertError):
    """Nobody waits for the answer; the sender keeps its data."""


def _abort(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    context.abort_with_status(rpc_status.to_status(status.failure(error)))


class _Pool(ThreadPoolExecutor):
    """Knows how many calls run or wait for a thread; grpcio queues them without a bound."""

    def __init__(self, threads: int, *, thread_name_prefix: str) -> None:
        super().__init__(threads, thread_name_prefix=thread_name_prefix)
        self._lock = threading.Lock()
        self.pending = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn` in a thread, as the base class does."""
        self._count(1)
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(lambda _: self._count(-1))
        return future

    def _count(self, change: int) -> None:
        with self._lock:
            self.pending += change
