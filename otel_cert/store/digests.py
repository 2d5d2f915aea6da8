"""The SHA-256 of every data file and commit of a table, because neither Parquet nor Delta covers them with a checksum.

Kept in `_SHA256SUMS` of the table's folder, one line per file as `sha256sum --check` reads it. Lines are appended before
a version counts as durable; the last one of a file holds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from otel_cert.store.files import write_text

NAME = "_SHA256SUMS"


def record(root: Path, names: Iterable[str]) -> None:
    """Append, durably, the digests of files below `root` that will not change any more."""
    lines = "".join(f"{_digest(root / name)}  {name}\n" for name in names)
    if not lines:
        return
    descriptor = os.open(root / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        file.write(("\n" if torn else "").encode() + lines.encode())
        file.flush()
        os.fsync(descriptor)


def prune(root: Path) -> None:
    """Forget, durably, the files that no longer exist, and lines that a crash cut off."""
    if not (root / NAME).exists():
        return
    lines = (root / NAME).read_text().splitlines()
    kept = {name: digest for name, digest in held(root).items() if (root / name).is_file()}
    if len(kept) != len(lines):
        write_text(root / NAME, "".join(f"{digest}  {name}\n" for name, digest in kept.items()))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Compared:
    """Files beside their recorded digests."""

    same: int = 0
    changed: tuple[str, ...] = ()
    """Names of files with another digest than recorded."""
    missing: tuple[str, ...] = ()
    """Names of files that are not there."""
    without: int = 0
    """Files without a recorded digest: just written, or by an older version."""
    skipped: int = 0
    """Files that were not read, beyond the bytes that might be."""
    read_bytes: int = 0


def compare(root: Path, names: Sequence[str], most_bytes: int) -> Compared:
    """Compare files below `root` with their recorded digests, reading no more than `most_bytes`."""
    recorded = held(root)
    same = without = skipped = read = 0
    changed, missing = [], []
    for name in names:
        if name not in recorded:
            without += 1
        elif not (root / name).is_file():
            missing.append(name)
        elif read + (size := (root / name).stat().st_size) > most_bytes:
            skipped += 1
        else:
            read += size
            if _digest(root / name) == recorded[name]:
                same += 1
            else:
                changed.append(name)
    return Compared(same, tuple(changed), tuple(missing), without, skipped, read)


def held(root: Path) -> dict[str, str]:
    """Return the recorded digest per file of a table; the last one of a file holds."""
    try:
        lines = (root / NAME).read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines) if len(digest) == 64}
