"""Runs an ASGI application on uvicorn in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from otel_cert.errors import UsageError

_KEEP_ALIVE_S = 120
"""Longer than SDKs wait between exports: closing an idle connection just when it is used again costs a retry."""
_HEAD_TIMEOUT_S = 30.0
_BACKLOG = 1024


class HttpServer:
    """Serves one application on one endpoint."""

    def __init__(self, endpoint: str, application: ASGIApp) -> None:
        self._endpoint = endpoint
        self._config = uvicorn.Config(
            application,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
        )
        self._server = uvicorn.Server(self._config)
        self._thread = threading.Thread(target=self._run, name="otlp-http", daemon=True)
        self._socket: socket.socket | None = None

    def start(self) -> str:
        """Listen, and return the bound `HOST:PORT`; raises UsageError when that fails."""
        self._socket = _listen(self._endpoint)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise UsageError(f"the OTLP/HTTP server on {self._endpoint} did not start", hint="see the log above")
            time.sleep(0.001)
        return f"{self._endpoint.rpartition(':')[0]}:{self._socket.getsockname()[1]}"

    def stop(self, grace_s: float) -> None:
        """Refuse new connections, let requests in flight finish within `grace_s` seconds, and close."""
        self._config.timeout_graceful_shutdown = max(1, round(grace_s))
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        assert self._socket is not None  # noqa: S101 - start() made it
        self._server.run([self._socket])


def _listen(endpoint: str) -> socket.socket:
    host, _, port = endpoint.rpartition(":")
    try:
        family, *_, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot listen for OTLP/HTTP on {endpoint}: {error}",
            hint="is the port in use? choose another with --http HOST:PORT",
        ) from error


class _Protocol(HttpToolsProtocol):
    """Closes connections whose request head does not arrive in time; uvicorn would keep them for ever."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is None and self._waits_for_head():
            self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        self._head_timer = self.loop.call_later(_HEAD_TIMEOUT_S, self._close_without_head)

    def _close_without_head(self) -> None:
        self._head_timer = None
        if self._waits_for_head():
            self.transport.close()

    def _waits_for_head(self) -> bool:
        """Whether part of a head may be there; an idle connection has uvicorn's keep-alive timer instead."""
        return self.cycle is None or (self.cycle.response_complete and self.timeout_keep_alive_task is None)
