"""Recorded files as they lie on the disk: plain or compressed, in lines or in frames."""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import pyarrow as pa

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_LENGTH = 4


def opened(path: Path) -> BinaryIO:
    """Open a file so that it can be read twice; what a pipe gives is kept in a temporary file."""
    if path.is_file():
        return path.open("rb")
    kept = TemporaryFile()  # noqa: SIM115 - the caller closes it
    with path.open("rb") as pipe:
        shutil.copyfileobj(pipe, kept)
    kept.seek(0)
    return kept


def unpacked(file: BinaryIO) -> io.BufferedReader:
    """Return a file as it is, or uncompressed when its first bytes say gzip or zstd."""
    start = file.read(4)
    file.seek(0)
    if start.startswith(_GZIP):
        return cast("io.BufferedReader", gzip.GzipFile(fileobj=file))
    if start == _ZSTD:
        return io.BufferedReader(pa.CompressedInputStream(file, "zstd"))
    return cast("io.BufferedReader", file)


def framed(file: io.BufferedReader) -> bool:
    """Return whether the Collector's file exporter wrote frames, as it does with `format: proto` and `compression: zstd`.

    A frame is four bytes of length, most significant first, and a message. The first byte of neither JSON nor protobuf is
    zero, and that of a length is for a first message of less than 16 MiB.
    """
    start = file.peek(_LENGTH + len(_ZSTD))
    return start.startswith(b"\0") and start[_LENGTH:].startswith((_ZSTD, b"{", b"\n"))


def frames(file: io.BufferedReader) -> Iterator[bytes]:
    """Yield the messages, uncompressed; raises EOFError where the file ends within one."""
    while length := file.read(_LENGTH):
        size = int.from_bytes(length, "big")
        message = file.read(size)
        if len(length) < _LENGTH or len(message) < size:
            raise EOFError("the file ends within a message")
        yield unpacked(io.BytesIO(message)).read() if message.startswith(_ZSTD) else message
