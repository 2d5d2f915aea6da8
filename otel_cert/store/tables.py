"""Delta tables: create, append exactly once, check after a crash, list files.

delta-rs syncs nothing to a local disk, so every commit is followed by `make_durable`; what is not yet durable is checked by
`repair` at the next start. A replayed transaction number is not refused by Delta: callers compare `marker` first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from deltalake import (
    BloomFilterProperties,
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Field,
    PostCommitHookProperties,
    Schema,
    Transaction,
    WriterProperties,
)
from pyarrow import parquet

from otel_cert.errors import Permanent
from otel_cert.schema import BIGINT, Table
from otel_cert.store import checkpoints, digests
from otel_cert.store.files import sync, write_bytes
from otel_cert.store.layout import Layout
from otel_cert.store.parquet import write_files

PARTITION = "receive_day"
HOT = WriterProperties(compression="ZSTD", compression_level=1)
COLD = WriterProperties(
    compression="ZSTD",
    compression_level=3,
    # One trace is asked for by its id: bloom filters name the row groups that hold it, small ones are read quickly.
    max_row_group_size=32_768,
    column_properties={"trace_id": ColumnProperties(bloom_filter_properties=BloomFilterProperties(True, 0.01, 8192))},
)
_CREATED_WITH = "otel_cert.created_with_columns"
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
        if missing := _missing(delta, table):
            delta.alter.add_columns([_delta_field(f) for f in missing])
        return delta

    def outdated(self, table: Table) -> bool:
        """Return whether an older version wrote the table, without columns that this one fills."""
        delta = self.get(table.name)
        return delta is not None and bool(_missing(delta, table))

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
        delta.create_write_transaction(
            write_files(self.path(table.name), rows, PARTITION, sort=table.sort, counted=_counted(table)),
            "append",
            delta.schema(),
            [PARTITION],
            commit_properties=commit_properties(transactions),
            post_commithook_properties=NO_HOOKS,
        )
        return self.ensure(table).version()

    def make_durable(self, name: str, after: int) -> int:
        """Sync the files, commits and folders of every version above `after`, and record digests; return the newest.

        Raises OSError when the disk says no, and takes these versions back: a second sync of the same files may succeed
        without their bytes having reached the disk, so they have to be written anew.
        """
        delta = self.get(name)
        if delta is None:
            return -1
        try:
            self._sync(name, after, delta.version())
        except OSError:
            self._remove(name, range(after + 1, delta.version() + 1))
            raise
        return delta.version()

    def _sync(self, name: str, after: int, newest: int) -> None:
        root = self.path(name)
        folders = {root} | ({root.parent} if after < 0 else set())
        synced: list[str] = []
        for version in range(after + 1, newest + 1):
            commit = _commit_file(root, version)
            synced += [*_added(commit), str(commit.relative_to(root))]
        for path in synced:
            sync(root / path)
            folders.add((root / path).parent)
        digests.record(root, synced)
        for folder in folders:
            sync(folder)

    def repair(self, name: str, durable: int) -> list[int]:
        """Remove the commits above `durable` from the first broken one on, and return their versions.

        Broken checkpoints are removed as well.
        """
        root = self.path(name)
        checkpoints.repair(root / "_delta_log")
        found = sorted(int(p.stem) for p in (root / "_delta_log").glob("*.json") if p.stem.isdigit())
        suspects = [v for v in found if v > durable]
        broken = next((v for v in suspects if not _intact(root, v)), None)
        if broken is None:
            return []
        removed = [v for v in suspects if v >= broken]
        self._remove(name, removed)
        return removed

    def _remove(self, name: str, versions: Sequence[int]) -> None:
        """Take back the newest commits, and the checkpoints that hold them."""
        log = self.path(name) / "_delta_log"
        self._open.pop(name, None)
        for version in reversed(versions):
            _commit_file(self.path(name), version).unlink()
            for checkpoint in checkpoints.files(log, version):
                checkpoint.unlink()
        (log / checkpoints.POINTER).unlink(missing_ok=True)
        sync(log)
        digests.prune(self.path(name))

    def needed(self, name: str, since: int) -> set[str]:
        """Return the files of every version from `since` to the newest, relative to the table's folder."""
        root, newest = self.path(name), self.version(name) or 0
        needed = {str(Path(path).relative_to(root.resolve())) for path in files(root.resolve(), since).paths}
        for version in range(since + 1, newest + 1):
            needed.update(_added(_commit_file(root, version)))
        return needed

    def checkpoint(self, name: str) -> None:
        """Write a checkpoint of the newest version; raises OSError, and leaves none, when it does not reach the disk."""
        delta = self.get(name)
        assert delta is not None  # noqa: S101 - callers count its versions first
        log = self.path(name) / "_delta_log"
        try:
            delta.create_checkpoint()
            for written in (*checkpoints.files(log, delta.version()), log / checkpoints.POINTER, log):
                sync(written)
        except OSError:
            for written in (*checkpoints.files(log, delta.version()), log / checkpoints.POINTER):
                written.unlink(missing_ok=True)
            raise

    def forget(self, name: str, before: int) -> None:
        """Delete the Delta log's entries that no version from `before` on is read from, and what is left of failed ones."""
        log = self.path(name) / "_delta_log"
        for staged in log.glob("*#*"):  # delta-rs' temporary files; the table has one writer, which is here
            staged.unlink()
        checkpoint = max((c for c in self.checkpoints(name) if c <= before), default=0)
        if older := [path for path in log.glob("[0-9]*.*") if int(path.name.partition(".")[0]) < checkpoint]:
            # Whoever wrote the checkpoint may have died before its sync, or over it: then another sync proves nothing.
            for kept in checkpoints.files(log, checkpoint):
                write_bytes(kept, kept.read_bytes())
        for entry in older:
            entry.unlink()
        digests.prune(self.path(name))

    def checkpoints(self, name: str) -> list[int]:
        """Return the versions that have a checkpoint, ascending."""
        return sorted(
            int(p.name.partition(".")[0]) for p in (self.path(name) / "_delta_log").glob("*.checkpoint.parquet")
        )

    def _create(self, table: Table) -> DeltaTable:
        self._open[table.name] = DeltaTable.create(
            str(self.path(table.name)),
            schema=table.arrow,
            name=table.name,
            description=table.doc,
            partition_by=[PARTITION],
            configuration={
                "delta.dataSkippingStatsColumns": ",".join(_counted(table)),
                # Maintenance decides which files stay. Each checkpoint lists the ones removed within this time.
                "delta.deletedFileRetentionDuration": "interval 1 hours",
                _CREATED_WITH: str(len(table.columns)),
            },
            raise_if_key_not_exists=False,
            commit_properties=CommitProperties(custom_metadata={"otel_cert.schema_version": str(table.version)}),
            mode="ignore",
        )
        return self._open[table.name]


def _counted(table: Table) -> Sequence[str]:
    """Return the columns whose bounds a commit carries, so that readers can pass over files."""
    counted = [
        c.name for c in table.columns if c.type == BIGINT and (c.name.endswith("unix_ns") or c.name == "sequence")
    ]
    return counted or table.key[:1]


def commit_properties(transactions: Mapping[str, int]) -> CommitProperties:
    """Return commit properties that carry the application transactions."""
    return CommitProperties(app_transactions=[Transaction(app_id=a, version=v) for a, v in transactions.items()])


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """The files of a table at one version."""

    paths: Sequence[str] = ()
    """Absolute."""
    alike: bool = False
    """All have the same columns. A reader need not open every file to find out which there are."""


def files(root: Path, version: int) -> StoredFiles:
    """Return the files of a table at one version."""
    return stored_files(DeltaTable(str(root), version=version))


def stored_files(delta: DeltaTable) -> StoredFiles:
    """Return the live files of an open table."""
    created_with = delta.metadata().configuration.get(_CREATED_WITH)
    return StoredFiles(sorted(paths(delta)), alike=created_with == str(len(delta.schema().fields)))


def paths(delta: DeltaTable) -> list[str]:
    """Return the absolute paths of a table's live files; delta-rs gives them percent-encoded."""
    return [unquote(uri) for uri in delta.file_uris()]


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


def _missing(delta: DeltaTable, table: Table) -> list[pa.Field]:
    present = {field.name for field in delta.schema().fields}
    return [field for field in table.arrow if field.name not in present]


def _delta_field(field: pa.Field) -> Field:
    (converted,) = Schema.from_arrow(pa.schema([field])).fields
    assert isinstance(converted, Field)  # noqa: S101 - one field in, one field out
    return converted
