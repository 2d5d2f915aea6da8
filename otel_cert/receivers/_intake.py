"""What both transports do with a request: check its bytes, say what the sender is told, bound what is in flight."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from otel_cert.errors import Backpressure, OtelCertError
from otel_cert.otlp import status
from otel_cert.otlp.oddities import oddities
from otel_cert.otlp.requests import count, parse
from otel_cert.store.log import Request
from otel_cert.telemetry import Metrics

log = structlog.get_logger(__name__)

Append = Callable[[Sequence[Request]], None]
"""Returns when the requests are durable; raises Backpressure when the sender should try later."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A valid request, how many elements it holds, what is odd about them, and the response once it is stored."""

    request: Request
    items: int
    oddities: dict[str, int]
    response: bytes


def check(signal: str, content_type: str, body: bytes) -> Checked:
    """Validate a decompressed body with one parse; raises Malformed or TooLarge (nesting)."""
    received = time.time_ns()
    message = parse(signal, content_type, body)
    odd = dict(oddities(signal, message, received))
    response = status.encode(status.response(signal, odd), content_type)
    return Checked(Request(signal, content_type, body, received), count(signal, message), odd, response)


class Admission:
    """Bounds the requests and body bytes that are in flight, over both transports."""

    def __init__(self, max_requests: int, max_bytes: int) -> None:
        self._max_requests, self._max_bytes = max_requests, max_bytes
        self._lock = threading.Lock()
        self._requests = self._bytes = 0

    @contextmanager
    def admit(self) -> Iterator[Lease]:
        """Count one request while the context is open; raises Backpressure when there are too many."""
        with self._lock:
            if self._requests >= self._max_requests:
                raise Backpressure(f"more than {self._max_requests} requests are in flight")
            self._requests += 1
        lease = Lease(self)
        try:
            yield lease
        finally:
            with self._lock:
                self._requests -= 1
                self._bytes -= lease.size

    def take(self, size: int) -> None:
        """Count `size` bytes more; raises Backpressure when there are too many."""
        with self._lock:
            if self._bytes + size > self._max_bytes:
                raise Backpressure(f"more than {self._max_bytes} bytes are in flight")
            self._bytes += size


class Lease:
    """The part of the admission that one request holds."""

    __slots__ = ("_admission", "size")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.size = 0

    def add(self, size: int) -> None:
        """Take `size` bytes more; raises Backpressure."""
        self._admission.take(size)
        self.size += size


class Account:
    """Counts what one transport answered."""

    def __init__(self, metrics: Metrics, transport: str) -> None:
        self._metrics, self._transport = metrics, transport
        self._commit_seconds = metrics.commit_seconds.labels(transport)

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Measure one commit."""
        with self._commit_seconds.time():
            yield

    def stored(self, checked: Checked) -> None:
        """Count an acknowledged request."""
        request, signal = checked.request, checked.request.signal
        outcome = "warning" if checked.oddities else "ok"
        self._metrics.requests.labels(signal, self._transport, outcome).inc()
        self._metrics.items.labels(signal).inc(checked.items)
        self._metrics.bytes.labels(signal).inc(len(request.body))
        for flag, n in checked.oddities.items():
            self._metrics.oddities.labels(signal, flag).inc(n)

    def refused(self, signal: str, error: BaseException) -> None:
        """Count a request that was not stored; an unexpected error is logged, for it is a fault of ours."""
        self._metrics.requests.labels(signal, self._transport, "refused").inc()
        self._metrics.rejections.labels(self._transport, type(error).__name__).inc()
        if not isinstance(error, OtelCertError):
            log.error("a request was refused because of an internal error", signal=signal, exc_info=error)
