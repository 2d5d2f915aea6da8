"""The vectors of a text, and their form on disk."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

_HEAD = np.dtype("<u4")
_OFFSETS, _HALF, _POOLED = np.dtype("<i4"), np.dtype("<f2"), np.dtype("<f4")


class Damaged(Exception):
    """The bytes are not what was written."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A text as vectors; its arrays cannot be written to, for a cache may share them."""

    offsets: np.ndarray
    """int32 [n, 2]: for each word piece its first character, and behind its last."""
    half: np.ndarray
    """float16 [n, width]: vectors of word pieces, of length 1 but for rounding, which a cache then does not add."""
    pooled: np.ndarray
    """float32 [width]: mean of all tokens, the special ones too, of length 1; as sentence-transformers computes it."""

    @property
    def vectors(self) -> np.ndarray:
        """Return `half` as float32, in which numpy computes faster; a new array each time."""
        return self.half.astype(np.float32)

    @property
    def nbytes(self) -> int:
        """Return the size of the arrays in bytes."""
        return self.offsets.nbytes + self.half.nbytes + self.pooled.nbytes

    def to_bytes(self) -> bytes:
        """Return a form that `from_bytes` reads, little endian: crc, n, width, offsets, half, pooled."""
        shape = np.array(self.half.shape, _HEAD)
        parts = (self.offsets.astype(_OFFSETS), self.half.astype(_HALF), self.pooled.astype(_POOLED))
        body = shape.tobytes() + b"".join(part.tobytes() for part in parts)
        return np.array([crc32(body)], _HEAD).tobytes() + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Encoded:
        """Read what `to_bytes` made; raises Damaged."""
        if len(data) < 3 * _HEAD.itemsize:
            raise Damaged(f"{len(data)} bytes")
        crc, n, width = (int(value) for value in np.frombuffer(data, _HEAD, 3))
        if crc32(memoryview(data)[_HEAD.itemsize :]) != crc:
            raise Damaged("another checksum")
        at = 3 * _HEAD.itemsize
        offsets = np.frombuffer(data, _OFFSETS, 2 * n, at)
        half = np.frombuffer(data, _HALF, n * width, at + offsets.nbytes)
        pooled = np.frombuffer(data, _POOLED, width, at + offsets.nbytes + half.nbytes)
        return cls(offsets.reshape(n, 2), half.reshape(n, width), pooled)
