"""OTLP/gRPC: grpcio's synchronous server, whose waiting threads are the ack log's group commit.

grpcio turns an exception of a handler into UNKNOWN, and its own concurrency limit into RESOURCE_EXHAUSTED; senders drop
their data on both. So every exception is answered here, and calls are counted here. grpcio itself decompresses, and
refuses what is too large before or after (RESOURCE_EXHAUSTED without RetryInfo); before 1.84 it unpacked all of it first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from otel_cert.errors import Backpressure, OtelCertError, UsageError
from otel_cert.otlp import status
from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from otel_cert.receivers._intake import Account, Admission, Append, Checked, check
from otel_cert.telemetry import Metrics

_THREADS = 64
_OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
    ("grpc.max_concurrent_streams", 1024),
    ("grpc.keepalive_time_ms", 60_000),  # finds dead connections
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Senders may ping every 10 s, also between calls; faster than that, more than twice: ENHANCE_YOUR_CALM.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 2),
)


class GrpcServer:
    """Serves the three export services and `grpc.health.v1` on one endpoint."""

    def __init__(
        self,
        endpoint: str,
        append: Append,
        admission: Admission,
        metrics: Metrics,
        *,
        max_request_bytes: int,
        max_waiting: int,
        signals: Collection[str] = tuple(SIGNALS),
    ) -> None:
        self._endpoint, self._append, self._admission = endpoint, append, admission
        self._account = Account(metrics, "grpc")
        self._max_waiting = max_waiting
        self._pool = _Pool(_THREADS, thread_name_prefix="otlp-grpc")
        self._health = health.HealthServicer()
        self._server = grpc.server(
            self._pool, options=(*_OPTIONS, ("grpc.max_receive_message_length", max_request_bytes))
        )
        self._server.add_generic_rpc_handlers([self._service(signal) for signal in signals])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    def start(self) -> str:
        """Listen, and return the bound `HOST:PORT`; raises UsageError when that fails."""
        host = self._endpoint.rpartition(":")[0]
        try:
            port = self._server.add_insecure_port(self._endpoint)
        except RuntimeError as error:
            raise UsageError(
                f"cannot listen for OTLP/gRPC on {self._endpoint}",
                hint="is the port in use? choose another with --grpc HOST:PORT",
            ) from error
        self._server.start()
        for name in ("", *(signal.service for signal in SIGNALS.values())):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return f"{host}:{port}"

    def stop(self, grace_s: float) -> None:
        """Refuse new calls, let those in flight finish within `grace_s` seconds, and close."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace_s).wait()
        self._pool.shutdown()

    def _service(self, signal: str) -> grpc.GenericRpcHandler:
        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                return self._export(signal, body, context)
            except Exception as error:
                self._account.refused(signal, error)
                _abort(context, error)

        # Without (de)serializers the handler gets and returns bytes: the log stores exactly what was sent.
        handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(export)
        return grpc.method_handlers_generic_handler(SIGNALS[signal].service, {"Export": handler})

    def _export(self, signal: str, body: bytes, context: grpc.ServicerContext) -> bytes:
        if self._pool.pending > self._max_waiting:
            raise Backpressure(f"more than {self._max_waiting} calls are waiting")
        if not context.is_active():
            raise _Abandoned("the sender gave up before its call was served")
        with self._admission.admit() as lease:
            lease.add(len(body))
            checked = check(signal, PROTOBUF, body)
            self._store(checked)
        self._account.stored(checked)
        return checked.response

    def _store(self, checked: Checked) -> None:
        if checked.items:
            with self._account.commit():
                self._append([checked.request])


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
