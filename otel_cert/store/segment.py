"""The file format of the ack log.

A segment is a sequence of records and nothing else. Its name, `FIRST_SEQUENCE-MARKER-2.seg`, carries the 16 random bytes
that begin each of its records, so that a reader can find the next record after damage and no sender can forge one inside a
payload, and the version of the format. A record of version 2, little-endian:

    marker 16 | body length u32 | sequence u64 | received i64 ns | signal u8 | content type u8 | subject length u16
    | CRC-32C of all above u32 | subject | body | CRC-32C of subject and body u32

Version 1 had the SHA-256 of the body (32) in front of the first CRC-32C, and no version in the name. It was a tenth of the
receiver's processor time, and the writer digests what it stores anyway.

What does not fit is a gap: `torn` at the end of a segment (a crash while writing; never acknowledged), `damaged` elsewhere.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google_crc32c import extend
from google_crc32c import value as crc32c

VERSION = 2
MARKER_BYTES = 16
_FIELDS = {1: struct.Struct("<IQqBBH32x"), 2: struct.Struct("<IQqBBH")}
"""Between marker and first CRC-32C, by version."""
_CRC = struct.Struct("<I")

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
    end: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are no record."""

    start: int
    end: int
    reason: str
    """`damaged` or `torn`."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """What the name of a segment says."""

    first: int
    """Sequence of its first record, whether that was written or not."""
    marker: bytes
    version: int = VERSION

    @classmethod
    def of(cls, path: Path) -> Segment:
        """Return what the name of a segment file says."""
        first, marker, *version = path.stem.split("-")
        return cls(int(first), bytes.fromhex(marker), int(*version) if version else 1)

    @property
    def name(self) -> str:
        """The name of its file; always of the newest version."""
        return f"{self.first:020d}-{self.marker.hex()}-{VERSION}.seg"

    @property
    def header_bytes(self) -> int:
        """Length of a record's header."""
        return MARKER_BYTES + _FIELDS[self.version].size + _CRC.size


def pack(marker: bytes, sequence: int, request: Request) -> list[bytes]:
    """Return the pieces of one record, to be written one after the other."""
    subject = request.subject.encode()
    header = marker + _FIELDS[VERSION].pack(
        len(request.body),
        sequence,
        request.received_unix_ns,
        SIGNALS.index(request.signal),
        CONTENT_TYPES.index(request.content_type),
        len(subject),
    )
    payload_crc = extend(crc32c(subject), request.body)  # bodies are large: not copied to stand behind the subject
    return [header + _CRC.pack(crc32c(header)) + subject, request.body, _CRC.pack(payload_crc)]


def records(data: bytes, segment: Segment, *, offset: int = 0, final: bool = False) -> Iterator[Record | Gap]:
    """Yield the records and gaps of `data`, which begins at `offset` of its segment, until the last whole record.

    An incomplete end is a write in progress, unless the segment is `final`: then it is a torn gap.
    """
    position = 0
    while position < len(data):
        found = _record(data, segment, position, offset)
        if found is None:
            following = _next_header(data, segment, position + 1)
            if following is None:
                if final:
                    yield Gap(offset + position, offset + len(data), "torn")
                return
            found = Gap(offset + position, offset + following, "damaged")
        yield found
        position = found.end - offset


def _header(data: bytes, segment: Segment, position: int) -> tuple[int, int, int, int, int, int] | None:
    """Return the unpacked header at `position`, or None when there is no intact one."""
    end = position + segment.header_bytes
    if end > len(data) or not data.startswith(segment.marker, position):
        return None
    if crc32c(data[position : end - _CRC.size]) != _CRC.unpack_from(data, end - _CRC.size)[0]:
        return None
    return _FIELDS[segment.version].unpack_from(data, position + MARKER_BYTES)


def _record(data: bytes, segment: Segment, position: int, offset: int) -> Record | Gap | None:
    header = _header(data, segment, position)
    if header is None:
        return None
    length, sequence, received, signal, content_type, subject_length = header
    start = position + segment.header_bytes
    end = start + subject_length + length + _CRC.size
    if end > len(data):
        return None
    payload = data[start : end - _CRC.size]
    if crc32c(payload) != _CRC.unpack_from(data, end - _CRC.size)[0]:
        # An interrupted write may be followed by another record before the length is used up.
        following = _next_header(data, segment, position + 1) or end
        return Gap(offset + position, offset + min(following, end), "damaged")
    request = Request(
        SIGNALS[signal],
        CONTENT_TYPES[content_type],
        payload[subject_length:],
        received,
        payload[:subject_length].decode(),
    )
    return Record(sequence, request, offset + end)


def _next_header(data: bytes, segment: Segment, position: int) -> int | None:
    while (position := data.find(segment.marker, position)) >= 0:
        if _header(data, segment, position):
            return position
        position += 1
    return None


def last_sequence(path: Path) -> int:
    """Return the highest sequence that an intact header of the segment names; first - 1 when there is none."""
    segment = Segment.of(path)
    data = path.read_bytes()
    found, position = segment.first - 1, _next_header(data, segment, 0)
    while position is not None:
        header = _header(data, segment, position)
        assert header is not None  # noqa: S101 - _next_header returns only intact headers
        found = max(found, header[1])
        position = _next_header(data, segment, position + segment.header_bytes)
    return found
