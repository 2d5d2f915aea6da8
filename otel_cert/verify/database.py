"""A scratch DuckDB of bounded memory that spills outside the data directory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

_MEMORY = "1GB"
_BATCH = 50_000


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an empty database; it and what it spilled are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="otel-cert-verify-") as folder, duckdb.connect() as con:
        con.execute(f"SET memory_limit = '{_MEMORY}'")
        con.execute("SET temp_directory = $folder", {"folder": folder})
        con.execute("SET preserve_insertion_order = false")
        con.execute("SET TimeZone = 'UTC'")
        yield con


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[object, ...]]) -> int:
    """Insert many rows into a table in batches and return how many."""
    names = [name for name, *_ in con.execute(f"DESCRIBE {table}").fetchall()]
    count = 0
    batch: list[tuple[object, ...]] = []

    def flush() -> None:
        if batch:
            con.register("batch", pa.table(dict(zip(names, map(pa.array, zip(*batch, strict=True)), strict=True))))
            con.execute(f"INSERT INTO {table} SELECT * FROM batch")
            con.unregister("batch")
            batch.clear()

    for row in rows:
        batch.append(row)
        count += 1
        if len(batch) >= _BATCH:
            flush()
    flush()
    return count


def parquet_of(files: Iterable[Path]) -> str:
    """Return SQL that reads the files of one table; there must be at least one."""
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return (
        f"read_parquet([{names}], union_by_name = true, hive_partitioning = true, hive_types = {{'receive_day': DATE}})"
    )
