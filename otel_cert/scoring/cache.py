"""Vectors that were computed before: in memory, least recently used out first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Protocol

from otel_cert.scoring.encoded import Encoded


class Cache(Protocol):
    """Keeps vectors by the digest of a text and of all that computes its vectors; may lose any of them at any time."""

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Encoded]:
        """Return what is kept of these."""
        ...

    def put(self, found: Mapping[bytes, Encoded]) -> None:
        """Keep these."""
        ...


class MemoryCache:
    """A cache of this process, bounded by bytes; safe for several threads."""

    def __init__(self, limit: int = 64 << 20) -> None:
        self._limit, self._used = limit, 0
        self._entries: OrderedDict[bytes, Encoded] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Return the bytes of all arrays that are kept."""
        return self._used

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Encoded]:
        """Return what is kept of these, which makes them the most recently used."""
        with self._lock:
            found = {key: self._entries[key] for key in keys if key in self._entries}
            for key in found:
                self._entries.move_to_end(key)
        return found

    def put(self, found: Mapping[bytes, Encoded]) -> None:
        """Keep these as the most recently used; one that is larger than the whole cache is not kept."""
        with self._lock:
            for key, value in found.items():
                if value.nbytes > self._limit:
                    continue
                if (older := self._entries.pop(key, None)) is not None:
                    self._used -= older.nbytes
                self._entries[key] = value
                self._used += value.nbytes
                while self._used > self._limit:
                    self._used -= self._entries.popitem(last=False)[1].nbytes
