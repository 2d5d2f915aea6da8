"""The rows of a raw table that an exporter has not delivered yet: the store itself is the queue.

A row's place in the queue is the number of its request in the receiver's ack log, which compaction does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyarrow import dataset

from otel_cert.schema import Table
from otel_cert.store.layout import Layout
from otel_cert.store.snapshots import Snapshot
from otel_cert.store.tables import PARTITION

_ORDER = ("sequence", "resource_ordinal", "scope_ordinal", "ordinal", "point_ordinal")
_ROWS_AT_ONCE, _BYTES_AT_ONCE = 8192, 64 << 20
_EXPANSION = 10
"""About so many times its size on disk is a row's size in memory."""


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    first: int | None
    """Smallest and largest sequence, of whichever receiver; None when the table does not say."""
    last: int | None
    rows: int
    bytes: int


class Waiting:
    """One raw table in one snapshot."""

    def __init__(self, layout: Layout, snapshot: Snapshot, table: Table) -> None:
        self._schema = pa.schema([field for field in table.arrow if field.name != PARTITION])
        self._files = _files(layout, snapshot, table)

    def requests(self, receiver: str, after: int, upto: int) -> pa.Table:
        """Return (sequence, rows, received_unix_ns) of a receiver's requests in (after, upto] that have rows, in order."""
        columns = ["sequence", "received_unix_ns"]
        found = self._read(receiver, after, upto, columns).group_by("sequence")
        return (
            found.aggregate([([], "count_all"), ("received_unix_ns", "min")])
            .rename_columns(["sequence", "rows", "received_unix_ns"])
            .sort_by("sequence")
        )

    def rows(self, receiver: str, after: int, upto: int) -> pa.Table:
        """Return the rows of a receiver's requests in (after, upto], in the order sent."""
        found = self._read(receiver, after, upto, self._schema.names)
        return found.sort_by([(name, "ascending") for name in _ORDER if name in self._schema.names])

    def rows_at_once(self) -> int:
        """Return how many rows fit into memory comfortably."""
        rows, size = sum(f.rows for f in self._files), sum(f.bytes for f in self._files)
        return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE * rows // max(1, size * _EXPANSION)))

    def _read(self, receiver: str, after: int, upto: int, columns: list[str]) -> pa.Table:
        paths = [f.path for f in self._files if _meets(f, after, upto)]
        if not paths:
            return pa.schema([self._schema.field(name) for name in columns]).empty_table()
        place = pc.field("sequence")
        wanted = (pc.field("receiver") == receiver) & (place > after) & (place <= upto)
        source = dataset.dataset(paths, schema=self._schema, format="parquet")
        return source.to_table(columns=columns, filter=wanted, use_threads=False)


def _meets(file: _File, after: int, upto: int) -> bool:
    return file.first is None or file.last is None or (file.last > after and file.first <= upto)


def _files(layout: Layout, snapshot: Snapshot, table: Table) -> list[_File]:
    if table.name not in snapshot.tables:
        return []
    root = layout.table(table.name)
    delta = DeltaTable(str(root), version=snapshot.tables[table.name])
    return [
        _File(
            str(root / action["path"]),
            action.get("min.sequence"),
            action.get("max.sequence"),
            action["num_records"] or 0,
            action["size_bytes"],
        )
        for action in pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    ]
