"""Runs an ASGI application on uvicorn in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from otel_cert.config.endpoints import address_of
from otel_cert.errors import UsageError
from otel_cert.receivers._accept import Acceptor
from otel_cert.receivers._http_protocol import HttpConnection
from otel_cert.receivers._settings import HttpSettings

_BACKLOG = 1024


class HttpServer:
    """Serves one application on one endpoint."""

    def __init__(
        self, settings: HttpSettings, application: ASGIApp, tls: ssl.SSLContext | None, max_connections: int
    ) -> None:
        assert settings.endpoint is not None  # noqa: S101 - null switches HTTP off
        self._endpoint = settings.endpoint
        self._config = uvicorn.Config(
            application,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # below that are lines that any sender can cause at will
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=settings.idle_timeout,  # type: ignore[arg-type]  # it goes to call_later
        )
        self._server = _Server(self._config, settings, tls, max_connections)
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


class _Server(uvicorn.Server):
    """uvicorn's server, which accepts as we do."""

    def __init__(
        self, config: uvicorn.Config, settings: HttpSettings, tls: ssl.SSLContext | None, max_connections: int
    ) -> None:
        super().__init__(config)
        self._settings, self._tls, self._max_connections = settings, tls, max_connections

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on the one given socket."""
        assert sockets is not None  # noqa: S101 - HttpServer gives it
        acceptor = Acceptor(
            sockets[0],
            self._tls,
            handshake_timeout_s=self._settings.handshake_timeout,
            max_connections=self._max_connections,
        )
        acceptor.start(
            partial(
                HttpConnection,
                acceptor,
                self._settings,
                config=self.config,
                server_state=self.server_state,
                app_state={},
                _loop=asyncio.get_running_loop(),
            )
        )
        self.servers = [acceptor]  # type: ignore[list-item]  # close and wait_closed are all that uvicorn calls
        self.started = True


def _listen(endpoint: str) -> socket.socket:
    try:
        family, address = address_of(endpoint)
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot listen for OTLP/HTTP on {endpoint}: {error}",
            hint="is the port in use? choose another with --http HOST:PORT",
        ) from error
