"""Keeping tables fast and small: few large files, short Delta logs, no leftovers. No reader ever sees a difference.

Superseded files stay for a grace period, because somebody may be reading an older snapshot, and for ever when a pin names
them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from otel_cert.schema import Table
from otel_cert.store import snapshots
from otel_cert.store.files import sync
from otel_cert.store.layout import Layout
from otel_cert.store.tables import COLD, NO_HOOKS, PARTITION, DeltaStore

_CHECKPOINT_EVERY = 20


class Maintenance:
    """Maintains the tables of one owner process; call `run` between its commits."""

    def __init__(
        self,
        layout: Layout,
        delta: DeltaStore,
        tables: Sequence[Table],
        *,
        hot_files: int = 64,
        compact_bytes: int = 256 << 20,
        grace_s: float = 3600.0,
    ) -> None:
        self._layout, self._delta, self._tables = layout, delta, tables
        self._hot_files, self._compact_bytes, self._grace_s = hot_files, compact_bytes, grace_s
        self._checkpointed: dict[str, int] = {}
        self._cleaned = time.monotonic()

    def run(self) -> bool:
        """Do what is due; return whether a table got a new version that has to be made durable and published."""
        compacted = [self._compact(table) for table in self._tables]
        for table in self._tables:
            self._checkpoint(table)
        if time.monotonic() - self._cleaned > min(self._grace_s, 600.0):
            self.clean()
        return any(compacted)

    def clean(self) -> None:
        """Forget old snapshots and delete the files that only they named."""
        self._cleaned = time.monotonic()
        snapshots.retire(self._layout, time.time_ns() - int(self._grace_s * 1e9))
        pinned = {f"{t}/{f}" for s in snapshots.pinned(self._layout) for t, fs in (s.files or {}).items() for f in fs}
        for table in self._tables:
            delta = self._delta.get(table.name)
            if delta is None:
                continue
            leftover = delta.vacuum(
                retention_hours=max(1, round(self._grace_s / 3600)) if self._grace_s >= 1 else 0,
                dry_run=True,
                enforce_retention_duration=False,
            )
            for name in leftover:
                if f"{table.name}/{name}" not in pinned:
                    (self._layout.table(table.name) / name).unlink(missing_ok=True)
            delta.cleanup_metadata()

    def _compact(self, table: Table) -> bool:
        delta = self._delta.get(table.name)
        if delta is None:
            return False
        small: Counter[str] = Counter()
        for path in delta.file_uris():
            if Path(path).stat().st_size < self._compact_bytes // 2:
                small[Path(path).parent.name.removeprefix(f"{PARTITION}=")] += 1
        due = [day for day, count in small.items() if count >= self._hot_files]
        for day in due:
            delta.optimize.compact(
                partition_filters=[(PARTITION, "=", day)],
                target_size=self._compact_bytes,
                max_concurrent_tasks=1,
                writer_properties=COLD,
                post_commithook_properties=NO_HOOKS,
            )
        return bool(due)

    def _checkpoint(self, table: Table) -> None:
        """Write a checkpoint every few commits, so that opening a table reads few files."""
        delta = self._delta.get(table.name)
        if delta is None:
            return
        version = delta.version()
        if version - self._checkpointed.setdefault(table.name, version // _CHECKPOINT_EVERY * _CHECKPOINT_EVERY) >= _CHECKPOINT_EVERY:
            delta.create_checkpoint()
            log = self._layout.table(table.name) / "_delta_log"
            for written in (*log.glob(f"{version:020d}.checkpoint*.parquet"), log / "_last_checkpoint", log):
                sync(written)
            self._checkpointed[table.name] = version
