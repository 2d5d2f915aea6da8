"""Which arriving rows are already stored: a client's retry becomes one set of rows.

A span is the same span when ids and content are equal; equal ids with other content are both kept and flagged
`id_conflict`. Log records and metric points have no id, so a repeated request is recognised by its hash. Stored rows are
looked up among the files whose times overlap with those arriving: equal content has equal times.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from otel_cert.schema import Table

CONFLICT = "id_conflict"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Arriving rows, separated."""

    new: pa.Table
    repeated: int
    conflicts: pa.Table
    """(trace_id, span_id) stored already with other content."""


_SPANS = """
WITH stored AS (
    SELECT DISTINCT s.trace_id, s.span_id, s.content_hash FROM ({stored}) s
    SEMI JOIN arriving a ON a.trace_id = s.trace_id AND a.span_id = s.span_id
), kept AS (
    SELECT min(position) AS position, any_value(trace_id) AS trace_id, any_value(span_id) AS span_id
    FROM arriving a ANTI JOIN stored s
      ON s.trace_id = a.trace_id AND s.span_id = a.span_id AND s.content_hash = a.content_hash
    GROUP BY a.trace_id, a.span_id, a.content_hash
)
SELECT position,
       -- All-zero ids name no span, so they cannot conflict.
       trace_id != repeat('0', 32) AND trace_id != '' AND span_id != repeat('0', 16) AND span_id != ''
       AND (count(*) OVER (PARTITION BY trace_id, span_id) > 1) AS conflicts_here,
       trace_id != repeat('0', 32) AND trace_id != '' AND span_id != repeat('0', 16) AND span_id != ''
       AND EXISTS (FROM stored s WHERE s.trace_id = kept.trace_id AND s.span_id = kept.span_id) AS conflicts_there
FROM kept ORDER BY position
"""

_REQUESTS = """
WITH stored AS (SELECT DISTINCT request_hash FROM ({stored}) s SEMI JOIN arriving USING (request_hash)),
first AS (SELECT request_hash, min(receiver || ' ' || lpad(sequence::VARCHAR, 20, '0')) AS origin FROM arriving GROUP BY 1)
SELECT a.position FROM arriving a JOIN first f ON f.request_hash = a.request_hash
  AND f.origin = a.receiver || ' ' || lpad(a.sequence::VARCHAR, 20, '0')
ANTI JOIN stored s ON s.request_hash = a.request_hash
ORDER BY a.position
"""


def sort_out(table: Table, rows: pa.Table, delta: DeltaTable | None) -> Sorted:
    """Separate `rows` (all of one table) into new and repeated ones, against each other and against what is stored."""
    time = "start_unix_ns" if table.name == "spans" else "unix_ns"
    files = _overlapping(delta, time, rows[time]) if delta is not None and rows.num_rows else []
    columns = ("trace_id", "span_id", "content_hash") if table.name == "spans" else ("request_hash",)
    with duckdb.connect(config={"threads": "1"}) as con:
        identity = rows.select([*columns, *([] if table.name == "spans" else ["receiver", "sequence"])])
        con.register("arriving", identity.append_column("position", pa.array(range(rows.num_rows), pa.int64())))
        stored = f"SELECT {', '.join(columns)} FROM " + (
            # A file list is ours and cannot be a parameter of a subquery; see DuckDB's prepared statements.
            f"read_parquet({files!r})" if files else "arriving WHERE false"
        )
        if table.name != "spans":
            positions = con.sql(_REQUESTS.format(stored=stored)).to_arrow_table()["position"]
            return Sorted(rows.take(positions), rows.num_rows - len(positions), rows.slice(0, 0))
        found = con.sql(_SPANS.format(stored=stored)).to_arrow_table()
    new = rows.take(found["position"])
    there = new.filter(found["conflicts_there"]).select(["trace_id", "span_id"])
    flagged = pc.or_(found["conflicts_here"], found["conflicts_there"])
    return Sorted(_flag(new, flagged), rows.num_rows - new.num_rows, there)


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
        return list(delta.file_uris())
    root = delta.table_uri.removeprefix("file://").rstrip("/")
    bounds = zip(
        actions["path"].to_pylist(),
        actions[f"min.{column}"].to_pylist(),
        actions[f"max.{column}"].to_pylist(),
        strict=True,
    )
    arriving = sorted(pc.unique(times).drop_null().to_pylist())
    return [f"{root}/{path}" for path, low, high in bounds if low is None or _any_between(arriving, low, high)]


def _any_between(ordered: list[int], low: int, high: int) -> bool:
    position = bisect_left(ordered, low)
    return position < len(ordered) and ordered[position] <= high
