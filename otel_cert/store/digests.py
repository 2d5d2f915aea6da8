"""The SHA-256 of every data file and commit of a table, because neither Parquet nor Delta covers them with a checksum.

Kept in `_SHA256SUMS` of the table's folder, one line per file as `sha256sum --check` reads it. Lines are appended before
a version counts as durable; the last one of a file holds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
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
    held = {name: digest for digest, _, name in (line.partition("  ") for line in lines) if len(digest) == 64}
    kept = {name: digest for name, digest in held.items() if (root / name).is_file()}
    if len(kept) != len(lines):
        write_text(root / NAME, "".join(f"{digest}  {name}\n" for name, digest in kept.items()))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
