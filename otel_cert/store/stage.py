"""Which stage of its life cycle a process is in, told to whoever watches from outside: fault tests kill by stage.

Off, and free, unless `OTEL_CERT_STAGE_FILE` is set. Then every process counts its threads per stage in `FILE.PID`, one
byte per stage in the order of STAGES; after a crash that file still says where the process died.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

VARIABLE = "OTEL_CERT_STAGE_FILE"

STAGES = (
    "recovering",
    "queueing", "log_write", "log_sync",
    "reading_log", "decoding", "deduplicating", "committing_spans", "committing_logs", "committing_metric_points",
    "observing", "evaluating", "replacing",
    "compacting", "checkpointing", "cleaning",
    "syncing", "recording", "publishing", "releasing",
)  # fmt: skip
"""In the life of a request; of two nested stages the inner one is the later."""


class _Board:
    """The counts of this process, in a file that outlives it."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(len(STAGES)))
        with path.open("r+b") as file:
            self._counts = mmap.mmap(file.fileno(), len(STAGES))
        self._lock = threading.Lock()

    @contextmanager
    def enter(self, name: str) -> Iterator[None]:
        index = STAGES.index(name)
        self._count(index, 1)
        try:
            yield
        finally:
            self._count(index, -1)

    def _count(self, index: int, change: int) -> None:
        with self._lock:
            self._counts[index] += change


_OFF = nullcontext()
_board = _Board(Path(f"{os.environ[VARIABLE]}.{os.getpid()}")) if VARIABLE in os.environ else None


def stage(name: str) -> AbstractContextManager[None]:
    """Be in a stage while the block runs."""
    return _OFF if _board is None else _board.enter(name)
