"""Checking every path: readable by the owner only, and of a kind that belongs here."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from otel_cert.verify.result import Check
from otel_cert.verify.tables import Table

_KNOWN = re.compile(
    r"""
      log/[^/]+/\d{20}-[0-9a-f]{32}(-\d+)?\.seg
    | log/[^/]+/quarantine/[^/]+
    | state/(store|sealed|sealing|claimed|analysed|analysing|set_aside|tokens)\.json
    | state/(scored|scored_with|scoring|scoring_set_aside)\.json
    | evaluation/thresholds\.jsonl
    | evaluation/labels/[0-9TZ]+-[0-9a-f]+\.json
    | incidents/freezes\.jsonl
    | budgets/[^/]+\.json
    | forward/[^/]+/[^/]+\.json
    | metrics/[^/]+\.json
    | (snapshots|pins)/\d+\.json
    | evidence/[0-9a-f]+\.json
    | locks/[^/]+\.lock
    | tables/[^/]+/_delta_log/(\d{20}\.(json|checkpoint(\.[0-9.]+)?\.parquet)|_last_checkpoint)
    | tables/[^/]+/_SHA256SUMS
    """,
    re.VERBOSE,
)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check(root: Path, tables: Mapping[str, Table], permissions: Check, unknown: Check) -> None:
    """Walk through everything; what disappears meanwhile does not count."""
    named = {f"tables/{table.name}/{path}" for table in tables.values() for path in table.named}
    for path in (root, *root.rglob("*")):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        name = str(path.relative_to(root))
        permissions.looked_at += 1
        if mode & _OTHERS:
            permissions.fail(
                name, f"others may access it: {stat.filemode(mode)}", f"take the right away: chmod -R go= {root}"
            )
        if not stat.S_ISDIR(mode):
            unknown.looked_at += 1
            if name not in named and not _KNOWN.fullmatch(name):
                unknown.note(name, _kind(name), "nothing reads it")


def _kind(name: str) -> str:
    if name.startswith("tables/") and name.endswith(".parquet"):
        return (
            "no version names it: a commit in progress, or left by a process that died and removed by the next cleaning"
        )
    if name.endswith(".tmp"):
        return "a write in progress, or left by a process that died"
    return "is no file of a data directory"
