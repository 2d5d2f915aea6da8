"""Keeping tables fast and small: few large files, short Delta logs, no leftovers. No reader ever sees a difference.

Superseded files stay for a grace period, because somebody may be reading an older snapshot, and for ever when a pin names
them. The period is told by the monotonic clock, so it begins anew with the process: the wall clock may be set forward, and
readers would lose their files.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from otel_cert.schema import Table
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.stage import stage
from otel_cert.store.tables import COLD, NO_HOOKS, PARTITION, DeltaStore, paths

_CHECKPOINT_EVERY = 20


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was there at a moment of the monotonic clock."""

    at_s: float
    newest: int
    """Number of the newest snapshot: all others are superseded."""
    temporaries: frozenset[tuple[Path, int]]
    """Path and time of change."""


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
        self._seen = [self._look()]

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
        before = self._one_grace_ago()
        oldest = snapshots.retire(self._layout, before.newest if before else 0)
        pins = [pin.files or {} for pin in snapshots.pinned(self._layout)]
        for table in self._tables:
            if (since := oldest.tables.get(table.name)) is not None:  # else the table is younger than what is kept
                pinned = {name for pin in pins for name in pin.get(table.name, ())}
                self._delete_except(table, self._delta.needed(table.name, since) | pinned)
                self._delta.forget(table.name, since)
        for path, _ in before.temporaries & self._look().temporaries if before else ():
            path.unlink(missing_ok=True)  # left by a killed process

    def _one_grace_ago(self) -> _Seen | None:
        """Return what was there one grace period ago; None when this process is younger."""
        self._seen.append(self._look())
        old = [seen for seen in self._seen if seen.at_s <= self._seen[-1].at_s - self._grace_s]
        self._seen = self._seen[max(0, len(old) - 1) :]
        return old[-1] if old else None

    def _look(self) -> _Seen:
        temporaries = set()
        for path in self._layout.temporaries():
            with suppress(FileNotFoundError):  # renamed meanwhile
                temporaries.add((path, path.stat().st_mtime_ns))
        return _Seen(time.monotonic(), snapshots.latest(self._layout).number, frozenset(temporaries))

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
        for path in paths(delta):
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
            self._delta.checkpoint(table.name)
            self._checkpointed[table.name] = version
