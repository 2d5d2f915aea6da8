"""A circuit breaker: who does not answer is left alone for a while, instead of being waited for again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half_open"]
STATES: tuple[State, ...] = ("closed", "open", "half_open")


class Breaker:
    """Closed: all pass. Open, after some failures in a row: none pass, for a time. Half open, after it: one may try.

    That one closes it again, or opens it for twice as long, up to a limit. Safe for several threads.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        open_s: float = 5.0,
        longest_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open after `failures` in a row, for `open_s` seconds, at most `longest_s`."""
        self._most, self._first_s, self._longest_s, self._clock = failures, open_s, longest_s, clock
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._failed, self._open_s, self._until = 0, open_s, 0.0
        self.opened = 0
        """How often it opened."""

    @property
    def state(self) -> State:
        """Return the state; an open breaker whose time is over stays open until one asks whether it may try."""
        return self._state

    def wait_s(self) -> float:
        """Return 0 when the caller may try, and must then tell how that went; else the seconds until somebody may."""
        with self._lock:
            now = self._clock()
            if self._state == "closed":
                return 0.0
            if now >= self._until:
                # One that never tells how it went must not keep all others out: after a while the next may try.
                self._state, self._until = "half_open", now + self._open_s
                return 0.0
            return self._until - now

    def succeeded(self) -> None:
        """Tell that an answer came."""
        with self._lock:
            self._state, self._failed, self._open_s = "closed", 0, self._first_s

    def failed(self) -> None:
        """Tell that none came."""
        with self._lock:
            self._failed += 1
            if self._state == "half_open":
                self._open_s = min(self._open_s * 2, self._longest_s)
            elif self._state == "open" or self._failed < self._most:
                return
            self._state, self._until = "open", self._clock() + self._open_s
            self.opened += 1
