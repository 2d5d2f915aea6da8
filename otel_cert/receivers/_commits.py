"""Group commit for coroutines: requests that arrive during a commit are committed together by the next one."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from otel_cert.receivers._intake import Append
from otel_cert.store.log import Request


class Commits:
    """Feeds a blocking `append` from one event loop, one call at a time."""

    def __init__(self, append: Append, executor: Executor) -> None:
        self._append, self._executor = append, executor
        self._waiting: list[tuple[Request, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def commit(self, request: Request) -> None:
        """Return when `request` is durable; raises what `append` raised for its group."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((request, done))
        if self._running is None:
            self._running = loop.create_task(self._run(loop))
        await done

    async def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            error: Exception | None = None
            try:
                await loop.run_in_executor(self._executor, self._append, [request for request, _ in group])
            except Exception as raised:
                error = raised
            for _, done in group:
                _settle(done, error)
        self._running = None


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():  # its sender went away
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
