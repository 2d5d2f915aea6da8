"""Which ids may have been stored lately: a Bloom filter, so that the store is searched only when one comes again.

Each id sets five bits in each of two 64-bit words; an id costs two places in memory, not ten. Sources: B. H. Bloom,
"Space/time trade-offs in hash coding with allowable errors" (1970); F. Putze, P. Sanders, J. Singler, "Cache-, hash- and
space-efficient Bloom filters" (2007).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CAPACITY = 10_000_000
"""Ids per generation; two are kept, so at least that many of the newest ids are known."""
_WORDS = 1 << 22
"""32 MiB a generation. When it is full, about one new id of 10,000 is taken for a known one."""
_BITS = 5

Hashes = npt.NDArray[np.uint64]


class Recent:
    """The newest ids, by their 64-bit hashes."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._filled = 0
        self.complete = True
        """Whether every stored id was added and none is forgotten."""
        # Memory that was never written takes no place.
        self._generations = [np.zeros(_WORDS, np.uint64)]

    def maybe(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Return for each id whether it may have been added; False is certain, within the newest `capacity` ids."""
        places = _places(hashes)
        known = np.zeros(len(hashes), np.bool_)
        for words in self._generations:
            known |= np.logical_and.reduce([(words[word] & mask) == mask for word, mask in places])
        return known

    def add(self, hashes: Hashes) -> None:
        """Remember ids; the oldest generation is forgotten when two are full."""
        if self._filled + len(hashes) > self._capacity and self._filled:
            self.complete = self.complete and len(self._generations) == 1
            self._generations = [np.zeros(_WORDS, np.uint64), self._generations[0]]
            self._filled = 0
        for word, mask in _places(hashes):
            np.bitwise_or.at(self._generations[0], word, mask)
        self._filled += len(hashes)


def _places(hashes: Hashes) -> list[tuple[npt.NDArray[np.int64], Hashes]]:
    """Return two (words, masks) of independent parts of a hash."""
    again = hashes * np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing
    return [_place(hashes), _place(again ^ (again >> np.uint64(29)))]


def _place(hashes: Hashes) -> tuple[npt.NDArray[np.int64], Hashes]:
    mask = np.zeros(len(hashes), np.uint64)
    for step in range(_BITS):
        mask |= np.uint64(1) << ((hashes >> np.uint64(6 * step)) & np.uint64(63))
    return ((hashes >> np.uint64(40)) & np.uint64(_WORDS - 1)).astype(np.int64), mask
