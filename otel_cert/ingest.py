"""Importing recorded telemetry: files -> ack log -> sealed and computed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from otel_cert import pipeline
from otel_cert.config import Config
from otel_cert.errors import Backpressure
from otel_cert.process import Progress, process
from otel_cert.receivers import files
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout
from otel_cert.store.segment import Request


def import_files(
    layout: Layout, config: Config, registry: Registry, paths: Sequence[Path], *, signal: str | None, progress: Progress
) -> files.Report:
    """Store every request found in `paths`, return when all of it is sealed and visible, and say what was found.

    May be larger than the log: when that is full, what it holds is sealed first. Raises NotFound for a path that does
    not exist, Locked when another import runs, Backpressure when the disk is full, Permanent when a newer version wrote
    the store.
    """
    found, others = files.find(paths)
    total = sum(path.stat().st_size for path in found)
    read = 0

    def advance(size: int) -> None:
        nonlocal read
        read += size
        progress("reading", read, total)

    def append(requests: Sequence[Request]) -> None:
        try:
            log.append(requests)
        except Backpressure as full:
            process(layout, config, registry, progress=progress)
            time.sleep(full.retry_after_s)
            log.append(requests)

    pipeline.check_store(layout, config, registry)
    log = pipeline.ack_log(layout, files.RECEIVER, config)
    try:
        report = files.read(found, append, signal=signal, progress=advance)
    finally:
        log.close()
    report.skipped += ((path, "no regular file") for path in others)
    process(layout, config, registry, progress=progress)
    return report
