"""Comparing files with the SHA-256 that was recorded when they were written: finds any changed byte."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from otel_cert.verify.result import Check
from otel_cert.verify.tables import LOST, Table

_LINE = re.compile(r"([0-9a-f]{64})  (.+)\n")


def check(tables: Iterable[Table], result: Check, progress: Callable[[int], None]) -> None:
    """Check every data file and commit that has a digest; note how many have none."""
    for table in tables:
        recorded = _recorded(table.log.table)
        names = [*table.named, *(f"_delta_log/{version:020d}.json" for version in table.log.commits)]
        for name in names:
            if name in recorded:
                _compare(table, name, recorded[name], result, progress)
        without = sum(name not in recorded for name in names)
        if without:
            file = f"tables/{table.name}/_SHA256SUMS"
            result.note(file, f"{without} files have no digest: written by an older version, or just now")


def _compare(table: Table, name: str, recorded: str, result: Check, progress: Callable[[int], None]) -> None:
    path = table.log.table / name
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            progress(file.tell())
    except FileNotFoundError:  # a finding elsewhere, unless it was cleaned away meanwhile
        return
    result.looked_at += 1
    if found != recorded:
        table.broken.add(name)
        result.fail(
            str(path.relative_to(table.root)), "has another SHA-256 than when it was written: bytes changed", LOST
        )


def _recorded(table: Path) -> dict[str, str]:
    """Return the digest per file; the last line of a file holds, one that a crash cut off does not."""
    try:
        text = (table / "_SHA256SUMS").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {m[2]: m[1] for line in text.splitlines(keepends=True) if (m := _LINE.fullmatch(line))}
