"""Which arriving rows are already stored: a client's retry becomes one set of rows.

A span is the same span when ids and content are equal; equal ids with other content are both kept and flagged
`id_conflict`. Log records and metric points have no id, so a repeated request is recognised by its hash. Stored rows are
looked up among the files whose times overlap with those arriving: equal content has equal times. Equal ids with other
times are found among the newest `recent.CAPACITY` spans at least.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from otel_cert.schema import SPANS, Table
from otel_cert.store.query import scratch
from otel_cert.store.recent import CAPACITY, Hashes, Recent
from otel_cert.store.tables import PARTITION, paths

CONFLICT = "id_conflict"
_BATCH_ROWS = 100_000
_HASH = "hash(trace_id, span_id) AS h"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Arriving rows, separated."""

    new: pa.Table
    repeated: int
    conflicts: pa.Table
    """(trace_id, span_id, start_unix_ns, receive_day) of stored spans that came again with other content."""


_STORED_COLUMNS = ["trace_id", "span_id", "start_unix_ns", "receive_day"]
_STORED_SPANS = f"""
SELECT DISTINCT trace_id, span_id, s.content_hash, s.start_unix_ns, s.receive_day
FROM read_parquet($files, hive_partitioning = true, hive_types = {{'{PARTITION}': DATE}}) s
SEMI JOIN wanted USING (trace_id, span_id)
"""

_SPANS = """
WITH kept AS (
    SELECT min(position) AS position, any_value(trace_id) AS trace_id, any_value(span_id) AS span_id
    FROM arriving a ANTI JOIN stored s
      ON s.trace_id = a.trace_id AND s.span_id = a.span_id AND s.content_hash = a.content_hash
    GROUP BY a.trace_id, a.span_id, a.content_hash
)
SELECT position,
       -- All-zero ids name no span, so they cannot conflict.
       trace_id != repeat('0', 32) AND trace_id != '' AND span_id != repeat('0', 16) AND span_id != '' AS named,
       named AND (count(*) OVER (PARTITION BY trace_id, span_id) > 1) AS conflicts_here,
       named AND EXISTS (FROM stored s WHERE s.trace_id = kept.trace_id AND s.span_id = kept.span_id) AS conflicts_there
FROM kept ORDER BY position
"""

_CONFLICTS = """
SELECT DISTINCT trace_id, span_id, start_unix_ns, receive_day
FROM stored SEMI JOIN (SELECT a.* FROM arriving a SEMI JOIN found f ON f.position = a.position AND f.conflicts_there)
USING (trace_id, span_id)
"""

_REQUESTS = """
WITH stored AS (SELECT DISTINCT request_hash FROM ({stored}) s SEMI JOIN arriving USING (request_hash)),
first AS (SELECT request_hash, min(receiver || ' ' || lpad(sequence::VARCHAR, 20, '0')) AS origin FROM arriving GROUP BY 1)
SELECT a.position FROM arriving a JOIN first f ON f.request_hash = a.request_hash
  AND f.origin = a.receiver || ' ' || lpad(a.sequence::VARCHAR, 20, '0')
ANTI JOIN stored s ON s.request_hash = a.request_hash
ORDER BY a.position
"""


def sort_out(table: Table, rows: pa.Table, delta: DeltaTable | None, recent: Recent) -> Sorted:
    """Separate `rows` (all of one table) into new and repeated ones, against each other and against what is stored.

    `recent` holds the ids of stored spans; those of new spans are added to it.
    """
    with scratch() as con:
        return _spans(con, rows, delta, recent) if table.name == SPANS.name else _requests(con, rows, delta)


def remember(recent: Recent, delta: DeltaTable) -> None:
    """Add the ids of the newest stored spans to `recent`."""
    newest = _newest(delta, CAPACITY)
    with scratch() as con:
        sql = f"SELECT {_HASH} FROM read_parquet($files)"
        for batch in con.sql(sql, params={"files": newest}).to_arrow_reader(_BATCH_ROWS):
            recent.add(batch["h"].to_numpy())
    recent.complete = recent.complete and len(newest) == len(delta.file_uris())


def _spans(con: duckdb.DuckDBPyConnection, rows: pa.Table, delta: DeltaTable | None, recent: Recent) -> Sorted:
    arriving = _numbered(rows.select(["trace_id", "span_id", "content_hash"]))
    con.register("arriving", arriving)
    hashes: Hashes = con.sql(f"SELECT {_HASH} FROM arriving").fetchnumpy()["h"]
    _look_up(con, arriving, rows["start_unix_ns"], hashes, delta, recent)
    if not con.sql("FROM stored LIMIT 1").fetchall() and len(np.unique(hashes)) == len(hashes):
        recent.add(hashes)
        return Sorted(rows, 0, rows.slice(0, 0).select(_STORED_COLUMNS))
    found = con.sql(_SPANS).to_arrow_table()
    con.register("found", found)
    conflicts = con.sql(_CONFLICTS).to_arrow_table()
    recent.add(hashes[found["position"].to_numpy()])
    new = _take(rows, found["position"])
    flagged = pc.or_(found["conflicts_here"], found["conflicts_there"])
    return Sorted(_flag(new, flagged), rows.num_rows - new.num_rows, conflicts)


def _requests(con: duckdb.DuckDBPyConnection, rows: pa.Table, delta: DeltaTable | None) -> Sorted:
    files = _overlapping(delta, "unix_ns", rows["unix_ns"]) if delta is not None else []
    con.register("arriving", _numbered(rows.select(["request_hash", "receiver", "sequence"])))
    # A file list is ours and cannot be a parameter of a subquery; see DuckDB's prepared statements.
    stored = f"SELECT request_hash FROM read_parquet({files!r})" if files else "SELECT '' AS request_hash WHERE false"
    positions = con.sql(_REQUESTS.format(stored=stored)).to_arrow_table()["position"]
    return Sorted(_take(rows, positions), rows.num_rows - len(positions), rows.slice(0, 0))


def _numbered(identity: pa.Table) -> pa.Table:
    return identity.append_column("position", pa.array(range(identity.num_rows), pa.int64()))


def _take(rows: pa.Table, positions: pa.ChunkedArray) -> pa.Table:
    return rows if len(positions) == rows.num_rows else rows.take(positions)


def _look_up(
    con: duckdb.DuckDBPyConnection,
    arriving: pa.Table,
    times: pa.ChunkedArray,
    hashes: Hashes,
    delta: DeltaTable | None,
    recent: Recent,
) -> None:
    """Fill the table `stored` with the stored spans that have ids of arriving ones."""
    con.execute(
        "CREATE TEMP TABLE stored"
        " (trace_id VARCHAR, span_id VARCHAR, content_hash BIGINT, start_unix_ns BIGINT, receive_day DATE)"
    )
    if delta is None:
        return
    if not recent.complete:
        _find_stored(con, arriving, _overlapping(delta, "start_unix_ns", times))
    if (maybe := recent.maybe(hashes)).any():
        candidates = arriving.filter(pa.array(maybe))
        _find_stored(con, _not_found(con, candidates), _newest(delta, 2 * CAPACITY))


def _find_stored(con: duckdb.DuckDBPyConnection, wanted: pa.Table, files: Sequence[str]) -> None:
    """Add what `files` hold of the wanted ids to the table `stored`."""
    if files and wanted.num_rows:
        con.register("wanted", wanted)
        con.execute(f"INSERT INTO stored {_STORED_SPANS}", {"files": list(files)})


def _not_found(con: duckdb.DuckDBPyConnection, candidates: pa.Table) -> pa.Table:
    con.register("candidates", candidates)
    return con.sql("SELECT * FROM candidates ANTI JOIN stored USING (trace_id, span_id)").to_arrow_table()


def _flag(rows: pa.Table, flagged: pa.ChunkedArray) -> pa.Table:
    """Add `id_conflict` to the flags of some rows."""
    if not pc.any(flagged).as_py():
        return rows
    values = [
        [*(flags or []), CONFLICT] if conflict else flags
        for flags, conflict in zip(rows["flags"].to_pylist(), flagged.to_pylist(), strict=True)
    ]
    position = rows.schema.get_field_index("flags")
    return rows.set_column(position, rows.schema.field(position), pa.array(values, rows.schema.field(position).type))


def _overlapping(delta: DeltaTable, column: str, times: pa.ChunkedArray) -> list[str]:
    """Return the files whose minimum and maximum of `column` meet those of `times`; odd times are looked up one by one."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    if f"min.{column}" not in actions.column_names:
        return paths(delta)
    lows, highs = actions[f"min.{column}"].to_pylist(), actions[f"max.{column}"].to_pylist()
    arriving = sorted(pc.unique(times).drop_null().to_pylist())
    return [
        path
        for path, low, high in zip(_absolute(delta, actions), lows, highs, strict=True)
        if low is None or _any_between(arriving, low, high)
    ]


def _newest(delta: DeltaTable, rows: int) -> list[str]:
    """Return the files received last, as many as hold `rows` rows."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    order = [("day", "descending"), ("time", "descending")]
    newest = pa.table(
        {
            "path": list(_absolute(delta, actions)),
            "rows": actions["num_records"],
            "day": actions[f"partition.{PARTITION}"],
            "time": actions["modification_time"],
        }
    ).sort_by(order)
    before = pc.subtract(pc.cumulative_sum(newest["rows"].combine_chunks()), newest["rows"].combine_chunks())
    return list(newest.filter(pc.less(before, rows))["path"].to_pylist())


def _absolute(delta: DeltaTable, actions: pa.Table) -> Iterator[str]:
    root = unquote(delta.table_uri.removeprefix("file://").rstrip("/"))
    return (f"{root}/{path}" for path in actions["path"].to_pylist())


def _any_between(ordered: list[int], low: int, high: int) -> bool:
    position = bisect_left(ordered, low)
    return position < len(ordered) and ordered[position] <= high
