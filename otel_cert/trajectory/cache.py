"""Answers that need not be generated twice: the least recently used are forgotten."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from otel_cert.trajectory.result import Trajectory


class AnswerCache:
    """Keeps up to `size` answers, none when 0; safe for several threads.

    Only for decoding that takes the most probable token each time: what was drawn at random would no longer be random.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Trajectory] = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Trajectory | None:
        """Return the answer that was kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self.misses += 1
            else:
                self.hits += 1
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, answer: Trajectory) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget every answer."""
        with self._lock:
            self._kept.clear()
