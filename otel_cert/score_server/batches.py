"""Requests of several callers, computed together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from otel_cert.errors import Backpressure, Retryable

log = structlog.get_logger(__name__)

_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")

_LEAST_WAIT_S, _MOST_WAIT_S = 0.1, 30.0
"""What senders are asked to wait, at the least and at the most, when too much waits."""


@dataclass
class _Job(Generic[_Thing, _Result]):
    things: Sequence[_Thing]
    until: float
    """Monotonic time from when nobody waits for it."""
    future: Future[list[_Result]] = field(default_factory=Future)


class Batches(Generic[_Thing, _Result]):
    """Computes what waits in one thread: while it computes, requests gather, and the next batch takes as many as fit.

    Nothing waits for a batch to become full. A request is refused when too much waits before it, and never begun when it was
    given up or its deadline is over.
    """

    def __init__(
        self,
        name: str,
        compute: Callable[[list[_Thing]], Sequence[_Result]],
        *,
        most: int,
        waiting: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Compute up to `most` things together, or one larger request; let up to `waiting` things wait."""
        self._compute, self._most, self._limit, self._clock = compute, most, waiting, clock
        self._jobs: deque[_Job[_Thing, _Result]] = deque()
        self._waiting = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._seconds = _LEAST_WAIT_S
        """Of the last batch: about how long until there is room again."""
        self.sizes: deque[int] = deque(maxlen=1000)
        """Things in each of the last batches."""
        self._thread = threading.Thread(target=self._run, name=f"batches-{name}", daemon=True)

    def start(self) -> None:
        """Begin to compute."""
        self._thread.start()

    def submit(self, things: Sequence[_Thing], timeout_s: float | None) -> Future[list[_Result]]:
        """Return what will hold the results, in the order of the things; cancel it when nobody waits any more.

        Raises:
            Backpressure: too much waits already.
            Retryable: the server stops.

        """
        job: _Job[_Thing, _Result] = _Job(things, float("inf") if timeout_s is None else self._clock() + timeout_s)
        with self._changed:
            if self._stopped:
                raise Retryable("the server stops")
            if self._jobs and self._waiting + len(things) > self._limit:
                wait_s = min(max(self._seconds, _LEAST_WAIT_S), _MOST_WAIT_S)
                raise Backpressure(f"{self._waiting} wait already", retry_after_s=wait_s)
            self._jobs.append(job)
            self._waiting += len(things)
            self._changed.notify()
        return job.future

    def stop(self) -> None:
        """Compute what waits, then end; `submit` raises from now on."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (jobs := self._next()) is not None:
            if jobs:
                began = self._clock()
                self.sizes.append(sum(len(job.things) for job in jobs))
                self._together(jobs)
                self._seconds = self._clock() - began

    def _next(self) -> list[_Job[_Thing, _Result]] | None:
        """Wait for jobs, and return those of the next batch; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopped)
            if not self._jobs:
                return None
            taken: list[_Job[_Thing, _Result]] = []
            size = 0
            while self._jobs and (not taken or size + len(self._jobs[0].things) <= self._most):
                job = self._jobs.popleft()
                self._waiting -= len(job.things)
                if self._clock() < job.until and job.future.set_running_or_notify_cancel():
                    taken.append(job)
                    size += len(job.things)
                elif not job.future.cancelled():
                    job.future.cancel()
            return taken

    def _together(self, jobs: Sequence[_Job[_Thing, _Result]]) -> None:
        """Compute some jobs; each by itself when that fails, so that one cannot make the others fail."""
        try:
            found = self._computed([thing for job in jobs for thing in job.things])
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
            else:
                for job in jobs:
                    self._together([job])
            return
        at = 0
        for job in jobs:
            job.future.set_result(found[at : at + len(job.things)])
            at += len(job.things)

    def _computed(self, things: list[_Thing]) -> list[_Result]:
        found = list(self._compute(things))
        if len(found) != len(things):
            raise RuntimeError(f"{len(found)} results for {len(things)} things")
        return found
