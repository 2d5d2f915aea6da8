"""Delta tables: create, append exactly once, check after a crash, list files.

delta-rs syncs nothing to a local disk, so every commit is followed by `make_durable`; what is not yet durable is checked by
`repair` at the next start. A replayed transaction number is not refused by Delta: callers compare `marker` first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    Field,
    PostCommitHookProperties,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from pyarrow import parquet

from otel_cert.errors import Permanent
from otel_cert.schema import BIGINT, Table
from otel_cert.store.files import sync
from otel_cert.store.layout import Layout

PARTITION = "receive_day"
HOT = WriterProperties(compression="ZSTD", compression_level=1)
COLD = WriterProperties(compression="ZSTD", compression_level=3)
# Checkpoints and log cleaning happen in maintenance, where they are synced and do not delay a commit.
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class DeltaStore:
    """The Delta tables of one data directory, opened once and kept up to date by their single writer."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._open: dict[str, DeltaTable] = {}

    def path(self, table: str) -> Path:
        """Return the folder of a table."""
        return self._layout.table(table)

    def ensure(self, table: Table) -> DeltaTable:
        """Return the table, created if it does not exist, with columns added that an older version lacks."""
        delta = self.get(table.name)
        if delta is None:
            delta = self._create(table)
        missing = [f for f in table.arrow if f.name not in {g.name for g in pa.schema(delta.schema())}]
        if missing:
            delta.alter.add_columns([_delta_field(f) for f in missing])
        return delta

    def check(self, table: Table) -> None:
        """Raise Permanent when the stored table has columns that this version does not know, so cannot write."""
        delta = self.get(table.name)
        newer = [] if delta is None else [f.name for f in delta.schema().fields if f.name not in table.names]
        if newer:
            raise Permanent(
                f"table {table.name} was written by a newer otel-cert: it has {', '.join(newer)}",
                hint="use that version or a newer one, or another --data-dir; nothing was changed",
            )

    def get(self, name: str) -> DeltaTable | None:
        """Return the newest state of a table, or None when it was never written."""
        if name in self._open:
            self._open[name].update_incremental()
        elif DeltaTable.is_deltatable(str(self.path(name))):
            self._open[name] = DeltaTable(str(self.path(name)))
        return self._open.get(name)

    def version(self, name: str) -> int | None:
        """Return the newest version of a table."""
        delta = self.get(name)
        return None if delta is None else delta.version()

    def versions(self, tables: Sequence[Table]) -> dict[str, int]:
        """Return the newest version of each table that exists."""
        return {t.name: v for t in tables if (v := self.version(t.name)) is not None}

    def marker(self, name: str, application: str) -> int:
        """Return the application's last transaction number in a table; 0 when there is none."""
        delta = self.get(name)
        return (delta.transaction_version(application) or 0) if delta is not None else 0

    def append(self, table: Table, rows: pa.Table, transactions: Mapping[str, int]) -> int:
        """Commit `rows` with the given application transactions and return the new version."""
        delta = self.ensure(table)
        write_deltalake(
            delta,
            rows,
            mode="append",
            writer_properties=HOT,
            commit_properties=commit_properties(transactions),
            post_commithook_properties=NO_HOOKS,
        )
        return self.ensure(table).version()

    def make_durable(self, name: str, after: int) -> int:
        """Sync the files, commits and folders of every version above `after`; return the newest version."""
        delta = self.get(name)
        if delta is None:
            return -1
        root = self.path(name)
        folders = {root, root / "_delta_log"}
        for version in range(after + 1, delta.version() + 1):
            commit = _commit_file(root, version)
            for added in _added(commit):
                sync(root / added)
                folders.add((root / added).parent)
            sync(commit)
        for folder in folders:
            sync(folder)
        return delta.version()

    def repair(self, name: str, durable: int) -> list[int]:
        """Remove the commits above `durable` from the first broken one on, and return their versions."""
        root = self.path(name)
        found = sorted(int(p.stem) for p in (root / "_delta_log").glob("*.json") if p.stem.isdigit())
        suspects = [v for v in found if v > durable]
        broken = next((v for v in suspects if not _intact(root, v)), None)
        if broken is None:
            return []
        removed = [v for v in suspects if v >= broken]
        for version in reversed(removed):
            _commit_file(root, version).unlink()
            for checkpoint in (root / "_delta_log").glob(f"{version:020d}.checkpoint*.parquet"):
                checkpoint.unlink()
        (root / "_delta_log" / "_last_checkpoint").unlink(missing_ok=True)
        sync(root / "_delta_log")
        self._open.pop(name, None)
        return removed

    def needed(self, name: str, since: int) -> set[str]:
        """Return the files of every version from `since` to the newest, relative to the table's folder."""
        root, newest = self.path(name), self.version(name) or 0
        needed = {str(Path(path).relative_to(root.resolve())) for path in files(root.resolve(), since)}
        for version in range(since + 1, newest + 1):
            needed.update(_added(_commit_file(root, version)))
        return needed

    def forget(self, name: str, before: int) -> None:
        """Delete the Delta log's entries that no version from `before` on is read from."""
        log = self.path(name) / "_delta_log"
        checkpoint = max((c for c in self.checkpoints(name) if c <= before), default=0)
        for entry in log.glob("[0-9]*.*"):
            if int(entry.name.partition(".")[0]) < checkpoint:
                entry.unlink()

    def checkpoints(self, name: str) -> list[int]:
        """Return the versions that have a checkpoint, ascending."""
        return sorted(
            int(p.name.partition(".")[0]) for p in (self.path(name) / "_delta_log").glob("*.checkpoint.parquet")
        )

    def _create(self, table: Table) -> DeltaTable:
        counted = [
            c.name for c in table.columns if c.type == BIGINT and (c.name.endswith("unix_ns") or c.name == "sequence")
        ]
        self._open[table.name] = DeltaTable.create(
            str(self.path(table.name)),
            schema=table.arrow,
            name=table.name,
            description=table.doc,
            partition_by=[PARTITION],
            configuration={
                "delta.dataSkippingStatsColumns": ",".join(counted or table.key[:1]),
                # Maintenance decides which files stay. Each checkpoint lists the ones removed within this time.
                "delta.deletedFileRetentionDuration": "interval 1 hours",
            },
            commit_properties=CommitProperties(custom_metadata={"otel_cert.schema_version": str(table.version)}),
            mode="ignore",
        )
        return self._open[table.name]


def commit_properties(transactions: Mapping[str, int]) -> CommitProperties:
    """Return commit properties that carry the application transactions."""
    return CommitProperties(app_transactions=[Transaction(app_id=a, version=v) for a, v in transactions.items()])


def files(root: Path, version: int) -> list[str]:
    """Return the absolute paths of a table's files at one version."""
    return sorted(DeltaTable(str(root), version=version).file_uris())


def _commit_file(root: Path, version: int) -> Path:
    return root / "_delta_log" / f"{version:020d}.json"


def _added(commit: Path) -> list[str]:
    actions = (json.loads(line) for line in commit.read_text().splitlines())
    return [a["add"]["path"] for a in actions if "add" in a]


def _intact(root: Path, version: int) -> bool:
    """Return whether a commit and every file it adds are whole: of the committed size, and readable."""
    try:
        lines = _commit_file(root, version).read_text().splitlines()
        actions = [json.loads(line) for line in lines]
        return bool(actions) and all(_whole(root / a["add"]["path"], a["add"]["size"]) for a in actions if "add" in a)
    except (OSError, ValueError, KeyError):
        return False


def _whole(path: Path, size: int) -> bool:
    """Read all of it: a power cut can leave a file of the right size with holes in it."""
    if path.stat().st_size != size:
        return False
    with parquet.ParquetFile(path) as file:
        for _ in file.iter_batches():
            pass
    return True


def _delta_field(field: pa.Field) -> Field:
    (converted,) = Schema.from_arrow(pa.schema([field])).fields
    assert isinstance(converted, Field)  # noqa: S101 - one field in, one field out
    return converted
