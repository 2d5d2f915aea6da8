"""Importing recorded telemetry: files -> ack log -> sealed and computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from otel_cert.config import Config
from otel_cert.receivers import files
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.workers import Progress, process


def import_files(
    layout: Layout, config: Config, registry: Registry, paths: Sequence[Path], *, signal: str | None, progress: Progress
) -> files.Report:
    """Store every request found in `paths`, return when all of it is sealed and visible, and say what was found.

    Raises NotFound for a path that does not exist, Locked when another import runs.
    """
    found = files.find(paths)
    total = sum(path.stat().st_size for path in found)
    read = 0

    def advance(size: int) -> None:
        nonlocal read
        read += size
        progress("reading", read, total)

    log = AckLog(layout, files.RECEIVER, max_backlog_bytes=config.store.max_backlog_bytes)
    try:
        report = files.read(found, log.append, signal=signal, progress=advance)
    finally:
        log.close()
    process(layout, config, registry, progress=progress)
    return report
