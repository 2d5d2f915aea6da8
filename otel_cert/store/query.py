"""Asking the store with DuckDB: one in-memory connection whose views are the tables of one snapshot."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import parquet

from otel_cert.schema import BUILTIN, Table, sql_type
from otel_cert.store import identity, snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.snapshots import Snapshot
from otel_cert.store.tables import StoredFiles

OUT_OF_MEMORY = (MemoryError, duckdb.OutOfMemoryException)
"""Says nothing about the data at hand: never blame it on one request or trace."""


def connect(
    data_dir: Path | str | None = None,
    *,
    snapshot: int | None = None,
    as_of: datetime | None = None,
    tables: Sequence[Table] = BUILTIN,
    tail: Mapping[str, pa.Table] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view per table, all of one snapshot; `serve` may go on writing meanwhile.

    Args:
        data_dir: the data directory; default `OTEL_CERT_DATA_DIR`, else the XDG data folder.
        snapshot: number of the snapshot to read; default the newest.
        as_of: read the newest snapshot published at or before this time (naive times are UTC).
        tables: the tables to show; those without data are empty.
        tail: rows per table that are acknowledged but not sealed yet, shown as well.

    Raises:
        NotFound: there is no data directory, or no such snapshot.

    """
    layout = Layout.open(data_dir)
    if snapshot is not None:
        pinned = snapshots.load(layout, snapshot)
    elif as_of is not None:
        moment = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        pinned = snapshots.as_of(layout, int(moment.timestamp() * 1e9))
    else:
        pinned = snapshots.latest(layout)
    con = utc_connection()
    con.execute("SET parquet_metadata_cache = true")
    show_snapshot(con, pinned, identity.store_id(layout))
    for table in tables:
        show_table(con, table, snapshots.shown_files(layout, pinned, table), (tail or {}).get(table.name))
    for name in sorted(set(pinned.tables) - {table.name for table in tables}):  # a plug-in's
        files = snapshots.table_files(layout, pinned, name)
        if files.paths:
            con.execute(f'CREATE VIEW "{name}" AS SELECT * FROM {_read(files)}')
    return con


def utc_connection() -> duckdb.DuckDBPyConnection:
    """Return an empty in-memory DuckDB whose time zone is UTC, whatever the machine's is."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return con


def scratch() -> duckdb.DuckDBPyConnection:
    """Return a connection for small questions over given rows and files; close it, and its names are gone.

    All share one database: opening one takes longer than asking it.
    """
    return _scratch().cursor()


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": "1"})


def show_snapshot(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, store_id: str = "") -> None:
    """Create the one-row view `snapshot` and the macro `since`, whose constant lets DuckDB skip files."""
    con.execute(
        f"CREATE VIEW snapshot AS SELECT {snapshot.number}::BIGINT AS number, "
        f"make_timestamp_ns({snapshot.created_unix_ns}) AS created_time, '{store_id}' AS store_id, "
        "[]::VARCHAR[] AS services"
    )
    spaced = r"regexp_replace(ago, '(\d)([a-z])', '\1 \2')"  # 7d -> 7 d
    now = f"make_timestamp_ns({time.time_ns()})::TIMESTAMP"
    con.execute(f"CREATE MACRO since(ago) AS epoch_ns({now} - {spaced}::INTERVAL)")


def show_table(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    files: StoredFiles,
    tail: pa.Table | None = None,
    *,
    schema: str = "main",
) -> None:
    """Create the view of one table over its files, and over rows that are not sealed yet."""
    unsealed = ""
    if tail is not None and tail.num_rows:
        load(con, f"{table.name}_tail", tail)
        unsealed = f" UNION ALL SELECT {', '.join(_quoted(table.names))} FROM {table.name}_tail"
    try:
        show_rows(con, table, _stored(table, files, table.names) + unsealed, schema=schema)
    except duckdb.BinderException:  # columns are only added, and no file has some of them yet
        present = con.sql(f"SELECT * FROM {_read(files)}").columns
        show_rows(con, table, _stored(table, files, present) + unsealed, schema=schema)


def show_rows(con: duckdb.DuckDBPyConnection, table: Table, source: str, *, schema: str = "main") -> None:
    """Create the view of one table over any SQL that yields its columns."""
    computed = "".join(f", {sql} AS {name}" for name, sql, _ in table.view_columns())
    con.execute(f"CREATE VIEW {schema}.{table.name} AS SELECT *{computed} FROM ({source})")


def load(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Create a temporary table of Arrow rows.

    DuckDB refuses Arrow maps with a repeated key, which attributes may have; it reads them from Parquet.
    """
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        parquet.write_table(rows, file.name)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM read_parquet('{file.name}')")


def _stored(table: Table, files: StoredFiles, present: Sequence[str]) -> str:
    nulls = {c.name: f'NULL::{sql_type(c.type)} AS "{c.name}"' for c in table.columns}
    if not files.paths:
        return f"SELECT {', '.join(nulls.values())} WHERE false"
    columns = (f'"{name}"' if name in present else null for name, null in nulls.items())
    return f"SELECT {', '.join(columns)} FROM {_read(files)}"


def _read(files: StoredFiles) -> str:
    # To find out the union of their columns, DuckDB opens every file for every question.
    union = "" if files.alike else "union_by_name = true, "
    return f"read_parquet({list(files.paths)!r}, {union}hive_partitioning = true, hive_types = {{'receive_day': DATE}})"


def _quoted(names: Sequence[str]) -> list[str]:
    return [f'"{name}"' for name in names]
