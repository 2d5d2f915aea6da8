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
from otel_cert.store.stage import stage
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
        with stage("checkpointing"):
            for table in self._tables:
                self._checkpoint(table)
        if time.monotonic() - self._cleaned > min(self._grace_s, 600.0):
            with stage("cleaning"):
                self.clean()
        return any(compacted)

    def clean(self) -> None:
        """Forget old snapshots, and delete the files and log entries that no other snapshot or pin needs.

        That includes what a killed process wrote and did not commit, which a Delta vacuum would not find.
        """
        self._cleaned = time.monotonic()
        oldest = snapshots.retire(self._layout, time.time_ns() - int(self._grace_s * 1e9))
        pins = [pin.files or {} for pin in snapshots.pinned(self._layout)]
        for table in self._tables:
            if (since := oldest.tables.get(table.name)) is not None:  # else the table is younger than what is kept
                pinned = {name for pin in pins for name in pin.get(table.name, ())}
                self._delete_except(table, self._delta.needed(table.name, since) | pinned)
                self._delta.forget(table.name, since)

    def _delete_except(self, table: Table, needed: set[str]) -> None:
        root = self._layout.table(table.name)
        for path in root.glob(f"{PARTITION}=*/*"):
            if str(path.relative_to(root)) not in needed:
                path.unlink()

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
            with stage("compacting"):
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
        if table.name not in self._checkpointed:
            self._checkpointed[table.name] = max(self._delta.checkpoints(table.name), default=0)
        if version - self._checkpointed[table.name] >= _CHECKPOINT_EVERY:
            delta.create_checkpoint()
            log = self._layout.table(table.name) / "_delta_log"
            for written in (*log.glob(f"{version:020d}.checkpoint*.parquet"), log / "_last_checkpoint", log):
                sync(written)
            self._checkpointed[table.name] = version
