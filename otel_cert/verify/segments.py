"""Reading an ack log segment by its documented format, record by record and in bounded memory."""

from __future__ import annotations

import hashlib
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google_crc32c import value as crc32c

NAME = re.compile(r"(\d{20})-([0-9a-f]{32})(-2)?\.seg")
SIGNALS = {0: "traces", 1: "logs", 2: "metrics"}
JSON_TYPE = 1
_CONTENT_TYPES = (0, JSON_TYPE)

_FIELDS = struct.Struct("<IQqBBH")
"""Body length, sequence, received, signal, content type, subject length."""
_MARKER, _CRC, _SHA256 = 16, 4, 32
_WINDOW = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One whole record."""

    sequence: int
    signal: str
    is_json: bool
    body: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are no record; `torn`: the beginning of a record that a crash cut off, at the end of the segment."""

    start: int
    end: int
    reason: str
    torn: bool = False


class Segment:
    """One segment file; iterate over its records and gaps."""

    def __init__(self, path: Path) -> None:
        """Raise ValueError when the name is no segment's."""
        named = NAME.fullmatch(path.name)
        if named is None:
            raise ValueError(f"{path.name} is no segment's name")
        self.path = path
        self.first, self._marker = int(named[1]), bytes.fromhex(named[2])
        self._digested = named[3] is None

    def __iter__(self) -> Iterator[Record | Gap]:
        with self.path.open("rb") as file:
            end, position = os.fstat(file.fileno()).st_size, 0
            read = _Reader(file.fileno(), end, self._marker, self._digested)
            while position < end:
                read_there = read.record(position)
                found = read.gap(position, read_there) if isinstance(read_there, str) else read_there
                yield found
                position = found.end


@dataclass(frozen=True, slots=True)
class _Reader:
    descriptor: int
    end: int
    marker: bytes
    digested: bool
    """Whether headers hold the SHA-256 of the body: they did in version 1 of the format."""

    @property
    def header_bytes(self) -> int:
        return _MARKER + _FIELDS.size + (_SHA256 if self.digested else 0) + _CRC

    def _at(self, position: int, length: int) -> bytes:
        return os.pread(self.descriptor, min(length, self.end - position), position)

    def _header(self, position: int) -> bytes | str:
        """Return the header at `position`, or what is wrong with it."""
        header = self._at(position, self.header_bytes)
        if header[:_MARKER] != self.marker[: len(header)]:
            return "the record marker is wrong"
        if len(header) < self.header_bytes:
            return "the header is cut off"
        if crc32c(header[:-_CRC]) != int.from_bytes(header[-_CRC:], "little"):
            return "the CRC-32C of the header is wrong"
        return header

    def record(self, position: int) -> Record | str:
        """Return the record at `position`, or what is wrong with it."""
        header = self._header(position)
        if isinstance(header, str):
            return header
        length, sequence, _, signal, content_type, subject = _FIELDS.unpack_from(header, _MARKER)
        start = position + self.header_bytes
        end = start + subject + length + _CRC
        if end > self.end:
            return "the body is cut off"
        payload = self._at(start, subject + length + _CRC)
        if crc32c(payload[:-_CRC]) != int.from_bytes(payload[-_CRC:], "little"):
            return "the CRC-32C of the body is wrong"
        body = payload[subject:-_CRC]
        if self.digested and hashlib.sha256(body).digest() != header[-_SHA256 - _CRC : -_CRC]:
            return "the SHA-256 of the body is wrong"
        if signal not in SIGNALS or content_type not in _CONTENT_TYPES:
            return f"signal {signal} or content type {content_type} is not known"
        return Record(sequence, SIGNALS[signal], content_type == JSON_TYPE, body, position, end)

    def gap(self, position: int, reason: str) -> Gap:
        """Return the bytes from a broken record to the next intact header."""
        following = self._next(position + 1)
        if following is not None:
            return Gap(position, following, reason)
        return Gap(position, self.end, reason, torn=reason.endswith("is cut off") or self._empty(position))

    def _next(self, position: int) -> int | None:
        """Return where the next intact header begins."""
        while position < self.end:
            window = self._at(position, _WINDOW + _MARKER)
            found = window.find(self.marker)
            if found < 0:
                position += _WINDOW
            elif isinstance(self._header(position + found), str):
                position += found + 1
            else:
                return position + found
        return None

    def _empty(self, position: int) -> bool:
        """Return whether only zero bytes follow: blocks that a power cut kept from being written."""
        return all(not any(self._at(p, _WINDOW)) for p in range(position, self.end, _WINDOW))
