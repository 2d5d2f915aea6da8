"""Checkpoints that a power cut left broken: delta-rs opens no table whose newest checkpoint it cannot read or find."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import structlog
from pyarrow import parquet

from otel_cert.store.files import sync

_log = structlog.get_logger(__name__)

POINTER = "_last_checkpoint"


def files(log: Path, version: int) -> list[Path]:
    """Return the files of one checkpoint in a Delta log."""
    return list(log.glob(f"{version:020d}.checkpoint*.parquet"))


def versions(log: Path) -> list[int]:
    """Return the versions that have a checkpoint, ascending."""
    return sorted({int(path.name.partition(".")[0]) for path in log.glob("*.checkpoint*.parquet")})


def repair(log: Path) -> None:
    """Remove, durably, each broken checkpoint that commits stand in for, and a pointer to none.

    One that damage broke later, when the commits before it were forgotten, stays: it is all there is.
    """
    broken, whole = [], -1
    for version in versions(log):
        if all(map(_readable, files(log, version))):
            whole = version
        elif all((log / f"{commit:020d}.json").exists() for commit in range(whole + 1, version + 1)):
            broken += files(log, version)
    left = set(versions(log)) - {int(path.name.partition(".")[0]) for path in broken}
    pointer = log / POINTER
    if pointer.exists() and _pointed(pointer) not in left:
        broken.append(pointer)
    for path in broken:
        _log.warning("removed a broken checkpoint; commits stand in for it", file=str(path))
        path.unlink()
    if broken:
        sync(log)


def _readable(path: Path) -> bool:
    try:
        parquet.read_table(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def _pointed(pointer: Path) -> int | None:
    try:
        return int(json.loads(pointer.read_bytes())["version"])
    except (ValueError, KeyError, TypeError):
        return None
