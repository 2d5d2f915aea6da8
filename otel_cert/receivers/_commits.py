"""Group commit for coroutines: requests that arrive during a commit are committed together by the next one."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from otel_cert.receivers._intake import Append
from otel_cert.store.log import Request

_Group = list[tuple[Request, asyncio.Future[None]]]


class Commits:
    """Feeds a blocking `append` from one event loop, one call at a time."""

    def __init__(self, append: Append, executor: Executor) -> None:
        self._append, self._executor = append, executor
        self._waiting: _Group = []
        self._running = False

    async def commit(self, request: Request) -> None:
        """Return when `request` is durable; raises what `append` raised for its group."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((request, done))
        if not self._running:
            self._begin(loop)
        await done

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._waiting = self._waiting, []
        self._running = True
        self._executor.submit(self._commit, loop, group)

    def _commit(self, loop: asyncio.AbstractEventLoop, group: _Group) -> None:
        """Commit in the executor's thread; the loop is woken once for the whole group."""
        error: Exception | None = None
        try:
            self._append([request for request, _ in group])
        except Exception as raised:
            error = raised
        loop.call_soon_threadsafe(self._finish, loop, group, error)

    def _finish(self, loop: asyncio.AbstractEventLoop, group: _Group, error: Exception | None) -> None:
        self._running = False
        if self._waiting:
            self._begin(loop)
        for _, done in group:
            _settle(done, error)


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():  # its sender went away
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
