"""When to try again: exponential back-off with jitter, unless the endpoint says when. Time is monotonic."""

from __future__ import annotations

import logging
import random
import time

from ._settings import RetrySettings

_MULTIPLIER, _JITTER = 1.5, 0.5
"""As the Collector's: each interval is half as long again, and every wait up to 50 % shorter or longer."""


class Retry:
    """The attempts at one batch after another."""

    def __init__(self, settings: RetrySettings) -> None:
        self._settings = settings
        self.over()

    def over(self) -> None:
        """Begin with the next batch."""
        self._interval_s = self._settings.initial_interval
        self._since: float | None = None
        self._attempts = 0

    @property
    def log_level(self) -> int:
        """Of telling about the last failure: the first in a row is worth a warning."""
        return logging.WARNING if self._attempts == 1 else logging.DEBUG

    def wait_s(self, asked_s: float | None) -> float | None:
        """Return how long to wait after a failure, at least what the endpoint asked for; None means to give up."""
        now = time.monotonic()
        self._attempts += 1
        if self._since is None:
            self._since = now
        limit_s = self._settings.max_elapsed_time
        if not self._settings.enabled or (limit_s and now - self._since >= limit_s):
            return None
        backoff_s = self._interval_s * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        self._interval_s = min(self._interval_s * _MULTIPLIER, self._settings.max_interval)
        return backoff_s if asked_s is None else asked_s
