"""Asking a scoring server: attempts with back-off, and a circuit breaker, so that a dead server costs no time.

Whatever may be over later is `Retryable`: the scoring process then leaves its work for later, and loses none. What the
server refuses for the text itself fails as it would here.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from otel_cert.errors import NotFound, OtelCertError, Retryable
from otel_cert.scoring import asked
from otel_cert.scoring.breaker import Breaker
from otel_cert.scoring.wire import METHODS, SERVICE

_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
"""What is tried again at once."""
_SILENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
"""What says that nobody works there; all else is an answer, and closes the breaker."""
_HINTS = {
    grpc.StatusCode.UNAUTHENTICATED: "give a token that is valid there: `otel-cert token create --scope score`",
    grpc.StatusCode.PERMISSION_DENIED: "give a token with the scope `score`",
    grpc.StatusCode.UNIMPLEMENTED: "is that an `otel-cert score-server`, and as new as this one?",
    grpc.StatusCode.UNAVAILABLE: "is `otel-cert score-server` running there, and with TLS on both sides or on none?",
    grpc.StatusCode.DEADLINE_EXCEEDED: "the server is slow or overloaded: send less at once, or wait longer",
}


@dataclass(frozen=True)
class Server:
    """Where a scoring server is, and how long to try."""

    endpoint: str
    """`HOST:PORT`."""
    ca_file: Path | None = None
    """Authorities, PEM, one of which signed the server's certificate; TLS is spoken when given, or with `tls`."""
    cert_file: Path | None = None
    """Certificate to show, PEM."""
    key_file: Path | None = None
    """Its key."""
    tls: bool = False
    """Whether to speak TLS with the authorities that the system knows."""
    token: str | None = field(default=None, repr=False)
    """Bearer token; without TLS for this machine only."""
    timeout_s: float = 60.0
    """How long an answer may take."""
    attempts: int = 4
    """Attempts at one request."""
    interval_s: float = 0.2
    """Before the second attempt; each further one waits twice as long, and up to half of that longer or shorter."""


class Remote:
    """One scoring server; connects when it is first asked, and again when that is lost; safe for several threads."""

    def __init__(
        self, server: Server, breaker: Breaker | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Connect to nothing yet; raises NotFound when a file cannot be read."""
        self.server, self.breaker, self._sleep = server, breaker or Breaker(), sleep
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """Attempts by method and the name of their status."""
        self._metadata = (("authorization", f"Bearer {server.token}"),) if server.token else ()
        self._channel = _channel(server)
        self._methods: dict[str, Any] = {
            name: self._channel.unary_unary(
                f"/{SERVICE}/{name}",
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
            for name, method in METHODS.items()
        }

    @property
    def endpoint(self) -> str:
        """Where the server is, `HOST:PORT`."""
        return self.server.endpoint

    def ask(self, method: str, request: Message) -> Any:
        """Return the response to a request.

        Raises:
            ValueError: the server refuses what was sent; sent again, it would be refused again.
            Retryable: there is no answer now: the breaker is open, attempts failed, or the server has to be set up.
            OtelCertError: the server failed on this request.

        """
        if wait_s := self.breaker.wait_s():
            raise Retryable(f"the scoring server {self.endpoint} did not answer; tried again in {wait_s:.0f} s")
        interval_s = self.server.interval_s
        for attempt in range(self.server.attempts):
            try:
                response = self._methods[method](request, timeout=self.server.timeout_s, metadata=self._metadata)
            except grpc.RpcError as error:
                self._note(method, error.code())
                last = attempt + 1 == self.server.attempts
                asked_s = _retry_delay_s(error)
                if error.code() not in _AGAIN or last or self.breaker.state == "open" or _too_large(error, asked_s):
                    self._fail(error, asked_s)
                self._sleep(asked_s or interval_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
                interval_s *= 2
            else:
                self._note(method, grpc.StatusCode.OK)
                return response
        raise AssertionError("there is an attempt at least")

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _note(self, method: str, code: grpc.StatusCode) -> None:
        self.outcomes[method, code.name] += 1
        if code in _SILENT:
            self.breaker.failed()
        else:
            self.breaker.succeeded()

    def _fail(self, error: grpc.RpcError, asked_s: float | None) -> NoReturn:
        code, details = error.code(), error.details() or ""
        if code is grpc.StatusCode.INVALID_ARGUMENT or _too_large(error, asked_s):
            raise ValueError(details) from error
        message = f"the scoring server {self.endpoint}: {code.name}: {details}"
        if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
            raise OtelCertError(message, hint="its log says what failed") from error
        raise Retryable(message, hint=_HINTS.get(code)) from error


_remotes: dict[Server, Remote] = {}
_lock = threading.Lock()


def shared_remote(server: Server) -> Remote:
    """Return the connection of this process to a server: all that ask it share one breaker."""
    with _lock:
        if server not in _remotes:
            _remotes[server] = Remote(server)
            asked.note(_remotes[server])
        return _remotes[server]


def _channel(server: Server) -> grpc.Channel:
    options = [
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        # Attempts are ours: the channel must be ready to connect by then.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if not (server.tls or server.ca_file or server.cert_file):
        return grpc.insecure_channel(server.endpoint, options)
    files = (server.ca_file, server.key_file, server.cert_file)
    return grpc.secure_channel(server.endpoint, grpc.ssl_channel_credentials(*map(_content, files)), options)


def _content(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}") from error


def _too_large(error: grpc.RpcError, asked_s: float | None) -> bool:
    """Return whether the request is: grpc says it with the status of an overload, but without a time to wait."""
    return error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and asked_s is None


def _retry_delay_s(error: grpc.RpcError) -> float | None:
    """Return how long the server asks to wait; None when it does not say."""
    try:
        status: Status | None = rpc_status.from_call(error)
    except ValueError:  # its details contradict its code
        return None
    info = RetryInfo()
    if status is not None and any(detail.Unpack(info) for detail in status.details):
        return max(0.0, float(info.retry_delay.ToNanoseconds()) / 1e9)
    return None
