"""Replacing the derived rows of some traces: one Delta commit per table and round."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from otel_cert.schema import Table
from otel_cert.store.query import scratch
from otel_cert.store.tables import HOT, NO_HOOKS, PARTITION, DeltaStore, commit_properties, paths

_DELETED = "_deleted"


def replace(
    delta: DeltaStore,
    table: Table,
    traces: pa.Table,
    rows: pa.Table,
    transactions: Mapping[str, int],
    *,
    since: date = date.min,
) -> None:
    """Make `rows` the only rows of `traces` in `table`: an append where there were none, else one MERGE.

    `traces` may leave out those that certainly have no rows in it. Rows of days before `since` stay: what they were
    computed from was not looked at again. Doing it again changes nothing, which is what makes a crashed round harmless.
    """
    new = _distinct(table, rows)
    stored = _stored_keys(delta, table, traces, since)
    if not stored.num_rows:
        if new.num_rows:
            delta.append(table, new, transactions)
        return
    source = _source(table, new, stored)
    target = delta.ensure(table)
    on = (*table.key, PARTITION)
    (
        target.merge(
            source,
            " AND ".join(f"t.{name} = s.{name}" for name in on),
            source_alias="s",
            target_alias="t",
            writer_properties=HOT,
            commit_properties=commit_properties(transactions),
            post_commithook_properties=NO_HOOKS,
        )
        .when_matched_delete(f"s.{_DELETED}")
        .when_matched_update({name: f"s.{name}" for name in table.names if name not in on})
        .when_not_matched_insert({name: f"s.{name}" for name in table.names}, predicate=f"NOT s.{_DELETED}")
        .execute()
    )


def _distinct(table: Table, rows: pa.Table) -> pa.Table:
    """Return one row per key: two spans sent under the same ids with other content must not stop a round."""
    if not rows.num_rows:
        return table.empty()
    with scratch() as con:
        con.register("rows", rows)
        keys = ", ".join(table.key)
        distinct = con.sql(f"SELECT * FROM rows QUALIFY row_number() OVER (PARTITION BY {keys}) = 1").to_arrow_table()
    return distinct.cast(table.arrow).sort_by([(name, "ascending") for name in table.sort])


def _stored_keys(delta: DeltaStore, table: Table, traces: pa.Table, since: date) -> pa.Table:
    """Return key and partition of the rows of `traces` in the newest version of `table`, from a day on."""
    current = delta.get(table.name)
    files = paths(current) if current is not None else []
    names = ", ".join((*table.key, PARTITION))
    if not files or not traces.num_rows:
        return table.empty().select([*table.key, PARTITION])
    with scratch() as con:
        con.register("traces", traces)
        return con.sql(
            f"SELECT {names} FROM read_parquet({files!r}, hive_partitioning = true, hive_types = {{'{PARTITION}': DATE}}) "
            f"SEMI JOIN traces USING (trace_id) WHERE {PARTITION} >= $since",
            params={"since": since},
        ).to_arrow_table()


def _source(table: Table, new: pa.Table, stored: pa.Table) -> pa.Table:
    """Return the new rows and, marked as deleted, the keys that have no new row."""
    on = (*table.key, PARTITION)
    names = ", ".join(on)
    with scratch() as con:
        con.register("new", new)
        con.register("stored", stored)
        gone = con.sql(f"SELECT DISTINCT {names} FROM stored ANTI JOIN new USING ({names})").to_arrow_table()
    padded = pa.table(
        [gone[f.name].cast(f.type) if f.name in on else pa.nulls(gone.num_rows, f.type) for f in table.arrow],
        schema=table.arrow,
    )
    marked = [
        part.append_column(_DELETED, pa.array([deleted] * part.num_rows, pa.bool_()))
        for part, deleted in ((new, False), (padded, True))
    ]
    return pa.concat_tables(marked)
