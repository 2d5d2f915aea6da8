"""One HTTP connection: uvicorn's, with limits on time and size that uvicorn does not have."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from otel_cert.receivers._accept import Acceptor, Connection
from otel_cert.receivers._gate import certificate_name
from otel_cert.receivers._settings import HttpSettings

_MAX_HEAD_BYTES = 64 << 10
_DISCARD_S = 5.0
"""How long the rest of a body is read after an early answer: closed at once, its sender might not see that answer."""


class HttpConnection(HttpToolsProtocol, Connection):
    """Closes connections whose request head is too large or does not arrive in time; uvicorn would keep them for ever.

    `state["certificate"]` of a request's scope is the name in the sender's verified certificate.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_body = False

    def __init__(self, acceptor: Acceptor, settings: HttpSettings, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._acceptor, self._head_timeout_s = acceptor, settings.read_header_timeout

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        if certificate := transport.get_extra_info("peercert"):
            self.app_state = {**self.app_state, "certificate": _name(certificate)}
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        if not self._in_body:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > _MAX_HEAD_BYTES:
            self.transport.abort()
        elif self._head_timer is None and self._waits_for_head():
            self._watch_head()

    def on_headers_complete(self) -> None:
        self._in_body, self._head_bytes = True, 0
        self._acceptor.active(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._discards():
            self.loop.call_later(_DISCARD_S, self._close_if_discarding, self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._acceptor.gone(self)
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        self.transport.abort()

    def _discards(self) -> bool:
        return self._in_body and self.cycle.response_complete

    def _close_if_discarding(self, cycle: object) -> None:
        if cycle is self.cycle and self._discards():
            self.transport.close()

    def _watch_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_timeout_s, self._close_without_head)

    def _close_without_head(self) -> None:
        self._head_timer = None
        if self._waits_for_head():
            self.transport.close()

    def _waits_for_head(self) -> bool:
        """Whether part of a head may be there; an idle connection has uvicorn's keep-alive timer instead."""
        return self.cycle is None or (self.cycle.response_complete and self.timeout_keep_alive_task is None)


def _name(certificate: dict[str, Any]) -> str:
    """Return the name in a certificate as `SSLSocket.getpeercert` gives it."""
    common = [("CN", value) for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return certificate_name([*certificate.get("subjectAltName", ()), *common])
