"""Accepting connections within limits: so many at a time, with a TLS handshake in time, going on after EMFILE."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE_S, _TURNS_S = 0.05, 0.001
_QUIET_S = 60.0


class Connection(asyncio.BaseProtocol, ABC):
    """What is served on a connection."""

    @abstractmethod
    def idle(self) -> bool:
        """Return whether no request is being answered."""

    @abstractmethod
    def drop(self) -> None:
        """Close at once."""


class Acceptor:
    """Takes connections from a listening socket; when there are too many, closes the one that is idle longest.

    Whoever opens connections and sends nothing thus takes them from himself, not from senders at work.
    """

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        *,
        handshake_timeout_s: float,
        max_connections: int,
    ) -> None:
        self._listening, self._tls = listening, tls
        self._handshake_timeout_s, self._max_connections = handshake_timeout_s, max_connections
        self._connections: dict[Connection, asyncio.Task[None] | None] = {}  # longest idle first
        self._accepting: asyncio.Task[None] | None = None
        self._told = float("-inf")

    def start(self, make: Callable[[], Connection]) -> None:
        """Begin to accept; what `make` returns has to call `active` and `gone`."""
        self._listening.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._run(make))

    def active(self, connection: Connection) -> None:
        """Note that a request begins."""
        self._connections[connection] = self._connections.pop(connection, None)

    def gone(self, connection: Connection) -> None:
        """Note that a connection is closed."""
        self._connections.pop(connection, None)

    def close(self) -> None:
        """Accept no more."""
        if self._accepting is not None:
            self._accepting.cancel()
        for handshake in list(self._connections.values()):
            if handshake is not None:
                handshake.cancel()

    async def wait_closed(self) -> None:
        """Return when nothing is accepted any more."""
        if self._accepting is not None:
            await asyncio.wait([self._accepting])

    async def _run(self, make: Callable[[], Connection]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listening)
            except OSError as error:
                if error.errno in _NO_ROOM:
                    # What is closed gives its descriptor back some turns of the loop later.
                    await asyncio.sleep(_TURNS_S if self._make_room(str(error)) else _PAUSE_S)
                continue
            if len(self._connections) >= self._max_connections and not self._make_room("too many connections"):
                accepted.close()
                continue
            connection = make()
            self._connections[connection] = loop.create_task(self._establish(accepted, connection))
            await asyncio.sleep(0)  # accepting may never have to wait, and others want to run

    async def _establish(self, accepted: socket.socket, connection: Connection) -> None:
        timeout_s = self._handshake_timeout_s if self._tls else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, accepted, ssl=self._tls, ssl_handshake_timeout=timeout_s
            )
            if connection in self._connections:  # else it is closed already
                self._connections[connection] = None
        except (OSError, asyncio.CancelledError):  # no TLS, no certificate that will do, not in time; or to make room
            self._connections.pop(connection, None)
            accepted.close()

    def _make_room(self, why: str) -> bool:
        """Close the connection that is idle longest; return whether there was one."""
        self._tell(why)
        victim = next((c for c in self._connections if c.idle()), None)
        if victim is None:
            return False
        handshake = self._connections.pop(victim)
        if handshake is not None:
            handshake.cancel()
        else:
            victim.drop()
        return True

    def _tell(self, why: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told >= _QUIET_S:
            self._told = now
            log.warning("no room for a further connection: those idle longest are closed", reason=why)
