"""What both transports do with a request: check its bytes, say what the sender is told, bound what is in flight."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from otel_cert.errors import Backpressure, OtelCertError
from otel_cert.otlp import status
from otel_cert.otlp.oddities import oddities
from otel_cert.otlp.requests import PROTOBUF, SIGNALS, count, parse
from otel_cert.otlp.screen import suspects
from otel_cert.store.log import Request
from otel_cert.telemetry import Metrics

log = structlog.get_logger(__name__)

_SCREENED_BYTES = 64 << 10
"""Looking at Arrow arrays costs a quarter of looking at every element, but 0.2 ms more per request."""

Append = Callable[[Sequence[Request]], None]
"""Returns when the requests are durable; raises Backpressure when the sender should try later."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A valid request, how many elements it holds, what is odd about them, and the response once it is stored."""

    request: Request
    items: int
    oddities: dict[str, int]
    response: bytes


def check(signal: str, content_type: str, body: bytes, subject: str = "") -> Checked:
    """Validate a decompressed body that `subject` sent with one parse; raises Malformed or TooLarge (nesting)."""
    received = time.time_ns()
    message = parse(signal, content_type, body)
    screened = content_type == PROTOBUF and len(body) >= _SCREENED_BYTES
    among = suspects(signal, body, received) if screened else None
    odd = dict(oddities(signal, message, received, among))
    response = status.encode(status.response(signal, odd), content_type)
    return Checked(Request(signal, content_type, body, received, subject), count(signal, message), odd, response)


class Admission:
    """Bounds the requests and body bytes that are in flight, over both transports."""

    def __init__(self, max_requests: int, max_bytes: int) -> None:
        self._max_requests, self._max_bytes = max_requests, max_bytes
        self._lock = threading.Lock()
        self._requests = self._bytes = 0

    def admit(self) -> Lease:
        """Count one request until the lease is closed; raises Backpressure when there are too many."""
        with self._lock:
            if self._requests >= self._max_requests:
                raise Backpressure(f"more than {self._max_requests} requests are in flight")
            self._requests += 1
        return Lease(self)

    def take(self, size: int) -> None:
        """Count `size` bytes more; raises Backpressure when there are too many."""
        with self._lock:
            if self._bytes + size > self._max_bytes:
                raise Backpressure(f"more than {self._max_bytes} bytes are in flight")
            self._bytes += size

    def give_back(self, size: int) -> None:
        """Count one request and its bytes no more."""
        with self._lock:
            self._requests -= 1
            self._bytes -= size


class Lease:
    """The part of the admission that one request holds while its context is open."""

    __slots__ = ("_admission", "_size")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._size = 0

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self._admission.give_back(self._size)

    def add(self, size: int) -> None:
        """Take `size` bytes more; raises Backpressure."""
        self._admission.take(size)
        self._size += size


class Account:
    """Counts what one transport answered."""

    def __init__(self, metrics: Metrics, transport: str) -> None:
        self._metrics, self._transport = metrics, transport
        self._commit_seconds = metrics.commit_seconds.labels(transport)
        # Looking a labelled metric up costs more than counting.
        self._requests = {
            (signal, outcome): metrics.requests.labels(signal, transport, outcome)
            for signal in SIGNALS
            for outcome in ("ok", "warning", "refused")
        }
        self._amounts = {signal: (metrics.items.labels(signal), metrics.bytes.labels(signal)) for signal in SIGNALS}

    def commit(self) -> AbstractContextManager[object]:
        """Measure one commit."""
        return self._commit_seconds.time()

    def stored(self, checked: Checked) -> None:
        """Count an acknowledged request."""
        signal = checked.request.signal
        self._requests[signal, "warning" if checked.oddities else "ok"].inc()
        items, size = self._amounts[signal]
        items.inc(checked.items)
        size.inc(len(checked.request.body))
        for flag, n in checked.oddities.items():
            self._metrics.oddities.labels(signal, flag).inc(n)

    def refused(self, signal: str, error: BaseException) -> None:
        """Count a request that was not stored; an unexpected error is logged, for it is a fault of ours."""
        self._requests[signal, "refused"].inc()
        self._metrics.rejections.labels(self._transport, type(error).__name__).inc()
        if not isinstance(error, OtelCertError):
            log.error("a request was refused because of an internal error", signal=signal, exc_info=error)
