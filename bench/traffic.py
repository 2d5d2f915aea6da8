"""Senders that hold a rate, as SDKs are: what is refused is sent again."""

from __future__ import annotations

import threading
import time
from itertools import count

from senders import CONNECT, Post
from stream import Stream, Template

_RETRY_S = 1.0


class Traffic:
    """Sends from some connections until told to stop, at `rate` spans per second, or as fast as answers come."""

    def __init__(
        self,
        transport: str,
        endpoint: str,
        templates: list[Template],
        *,
        batch: int,
        connections: int,
        rate: float = 0.0,
    ) -> None:
        self._transport, self._endpoint, self._rate, self._batch = transport, endpoint, rate, batch
        self._stop, self._lock, self._number = threading.Event(), threading.Lock(), count()
        self.acknowledged_at: list[float] = []
        """When each request was acknowledged, in that order, which is about that of their sequence numbers."""
        self.refused = 0
        self._latencies: list[float] = []
        self._began = time.monotonic()
        streams = [Stream(templates, f"{time.time_ns()}/{n}") for n in range(connections)]
        self._threads = [threading.Thread(target=self._send, args=(stream,), daemon=True) for stream in streams]
        for thread in self._threads:
            thread.start()

    def stop(self) -> float:
        """Let requests in flight be answered; return the spans per second that were acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return len(self.acknowledged_at) * self._batch / (time.monotonic() - self._began)

    def take_latencies(self) -> list[float]:
        """Return the seconds that the requests since the last call took, sorted."""
        with self._lock:
            taken, self._latencies = self._latencies, []
        return sorted(taken)

    def _send(self, stream: Stream) -> None:
        with CONNECT[self._transport](self._endpoint, {}) as post:
            while self._in_time():
                body = next(stream)
                began = time.monotonic()
                while not self._posted(post, body):
                    if self._stop.wait(_RETRY_S):
                        return
                with self._lock:
                    self.acknowledged_at.append(time.monotonic())
                    self._latencies.append(time.monotonic() - began)

    def _in_time(self) -> bool:
        """Wait for the moment of the next request; return False when it shall not be sent."""
        due = self._began + next(self._number) * self._batch / self._rate if self._rate else 0.0
        return not self._stop.wait(max(0.0, due - time.monotonic()))

    def _posted(self, post: Post, body: bytes) -> bool:
        try:
            post(body)
        except Exception:
            with self._lock:
                self.refused += 1
            return False
        return True
