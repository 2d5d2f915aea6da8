"""The file format of the ack log.

A segment is a sequence of records and nothing else. Its name, `FIRST_SEQUENCE-MARKER.seg`, carries the 16 random bytes that
begin each of its records, so that a reader can find the next record after damage and no sender can forge one inside a
payload. A record, little-endian:

    marker 16 | body length u32 | sequence u64 | received i64 ns | signal u8 | content type u8 | subject length u16
    | SHA-256 of the body 32 | CRC-32C of all above u32 | subject | body | CRC-32C of subject and body u32

What does not fit is a gap: `torn` at the end of a segment (a crash while writing; never acknowledged), `damaged` elsewhere.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google_crc32c import extend
from google_crc32c import value as crc32c

_HEADER = struct.Struct("<IQqBBH32s")
_CRC = struct.Struct("<I")
MARKER_BYTES = 16
HEADER_BYTES = MARKER_BYTES + _HEADER.size + _CRC.size

SIGNALS = ("traces", "logs", "metrics")
CONTENT_TYPES = ("application/x-protobuf", "application/json")


@dataclass(frozen=True, slots=True)
class Request:
    """One OTLP export request as received: `body` is decompressed, `subject` names who sent it (empty: not known)."""

    signal: str
    content_type: str
    body: bytes
    received_unix_ns: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A request in the log; `end` is the offset behind it."""

    sequence: int
    request: Request
    sha256: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are no record."""

    start: int
    end: int
    reason: str
    """`damaged` or `torn`."""


def segment_name(path: Path) -> tuple[int, bytes]:
    """Return (first sequence, marker) of a segment file."""
    first, marker = path.stem.split("-")
    return int(first), bytes.fromhex(marker)


def pack(marker: bytes, sequence: int, request: Request) -> list[bytes]:
    """Return the pieces of one record, to be written one after the other."""
    subject = request.subject.encode()
    header = marker + _HEADER.pack(
        len(request.body),
        sequence,
        request.received_unix_ns,
        SIGNALS.index(request.signal),
        CONTENT_TYPES.index(request.content_type),
        len(subject),
        hashlib.sha256(request.body).digest(),
    )
    payload_crc = extend(crc32c(subject), request.body)  # bodies are large: not copied to stand behind the subject
    return [header, _CRC.pack(crc32c(header)), subject, request.body, _CRC.pack(payload_crc)]


def records(data: bytes, marker: bytes, *, offset: int = 0, final: bool = False) -> Iterator[Record | Gap]:
    """Yield the records and gaps of `data`, which begins at `offset` of its segment, until the last whole record.

    An incomplete end is a write in progress, unless the segment is `final`: then it is a torn gap.
    """
    position = 0
    while position < len(data):
        found = _record(data, marker, position, offset)
        if found is None:
            following = _next_header(data, marker, position + 1)
            if following is None:
                if final:
                    yield Gap(offset + position, offset + len(data), "torn")
                return
            found = Gap(offset + position, offset + following, "damaged")
        yield found
        position = found.end - offset


def _header(data: bytes, marker: bytes, position: int) -> tuple[int, int, int, int, int, int, bytes] | None:
    """Return the unpacked header at `position`, or None when there is no intact one."""
    end = position + HEADER_BYTES
    if end > len(data) or data[position : position + MARKER_BYTES] != marker:
        return None
    if crc32c(data[position : end - _CRC.size]) != _CRC.unpack_from(data, end - _CRC.size)[0]:
        return None
    return _HEADER.unpack_from(data, position + MARKER_BYTES)


def _record(data: bytes, marker: bytes, position: int, offset: int) -> Record | Gap | None:
    header = _header(data, marker, position)
    if header is None:
        return None
    length, sequence, received, signal, content_type, subject_length, sha256 = header
    start = position + HEADER_BYTES
    end = start + subject_length + length + _CRC.size
    if end > len(data):
        return None
    payload = data[start : end - _CRC.size]
    if crc32c(payload) != _CRC.unpack_from(data, end - _CRC.size)[0]:
        # An interrupted write may be followed by another record before the length is used up.
        following = _next_header(data, marker, position + 1) or end
        return Gap(offset + position, offset + min(following, end), "damaged")
    request = Request(
        SIGNALS[signal],
        CONTENT_TYPES[content_type],
        payload[subject_length:],
        received,
        payload[:subject_length].decode(),
    )
    return Record(sequence, request, sha256, offset + end)


def _next_header(data: bytes, marker: bytes, position: int) -> int | None:
    while (position := data.find(marker, position)) >= 0:
        if _header(data, marker, position):
            return position
        position += 1
    return None


def last_sequence(path: Path) -> int:
    """Return the highest sequence that an intact header of the segment names; first - 1 when there is none."""
    first, marker = segment_name(path)
    data = path.read_bytes()
    found, position = first - 1, _next_header(data, marker, 0)
    while position is not None:
        header = _header(data, marker, position)
        assert header is not None  # noqa: S101 - _next_header returns only intact headers
        found = max(found, header[1])
        position = _next_header(data, marker, position + HEADER_BYTES)
    return found
