"""Checking the rows: none twice, none beyond the table's position, each in its partition, none without what it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import duckdb

from otel_cert.schema import DERIVED, SPANS
from otel_cert.verify.database import parquet_of
from otel_cert.verify.result import Check
from otel_cert.verify.tables import Table

IDENTITY: dict[str, tuple[str, ...]] = {
    "spans": SPANS.key,
    "logs": ("request_hash", "resource_ordinal", "scope_ordinal", "ordinal"),
    "metric_points": ("request_hash", "resource_ordinal", "scope_ordinal", "ordinal", "point_ordinal"),
} | {table.name: table.key for table in DERIVED}
"""What makes a row the same row again: a repeated request has other sequence numbers and the same hash."""
RAW = ("spans", "logs", "metric_points")
_OTHERS = ("receiver", "sequence", "received_unix_ns", "receive_day", "flags")
"""Further columns that are asked for."""
_AGAIN = "keep a copy of the data directory and report this: a row must never be stored twice"


def show(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Create a view per table over its newest version, and in schema `published` over the newest snapshot's."""
    con.execute("CREATE SCHEMA IF NOT EXISTS published")
    for name in {*IDENTITY, *tables}:
        table = tables.get(name)
        _view(con, f'"{name}"', name, table.sound(table.newest) if table else [])
        _view(con, f'published."{name}"', name, table.sound(table.published) if table else [])


def _view(con: duckdb.DuckDBPyConnection, view: str, table: str, files: list[Path]) -> None:
    if files:
        con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {parquet_of(files)}")
    else:
        empty = ", ".join(f"NULL AS {c}" for c in {*IDENTITY.get(table, ()), *_OTHERS})
        con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {empty} WHERE false")


def check_twice(
    con: duckdb.DuckDBPyConnection, tables: Iterable[Table], check: Check, progress: Callable[[int], None]
) -> None:
    """Check that no row is stored twice and no key has two rows."""
    for table in tables:
        if table.name in IDENTITY and table.newest.live:
            key = ", ".join(IDENTITY[table.name])
            check.looked_at += _number(con, f'SELECT count(*) FROM "{table.name}"')
            twice = f'SELECT {key}, count(*) AS n FROM "{table.name}" GROUP BY ALL HAVING n > 1'
            for *values, n in con.execute(f"{twice} LIMIT 100").fetchall():
                check.fail(f"tables/{table.name}", f"the row {_pairs(key, values)} is stored {n} times", _AGAIN)
        progress(1)


def check_positions(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], sealed: Mapping[str, int], check: Check
) -> None:
    """Check each raw table's markers against its rows, and all of them against what `sealed.json` says."""
    reached: dict[str, int] = {}
    for name in RAW:
        if name not in tables:
            continue
        markers = tables[name].newest.markers
        for receiver, last in con.execute(f"SELECT receiver, max(sequence) FROM {name} GROUP BY receiver").fetchall():
            check.looked_at += 1
            if last > markers.get(f"seal/{receiver}", 0):
                check.fail(
                    f"tables/{name}",
                    f"holds request {last} of receiver {receiver}, but its marker says {markers.get(f'seal/{receiver}')}",
                    "the request would be sealed again: keep a copy and report this",
                )
        for application, number in markers.items():
            receiver = application.removeprefix("seal/")
            reached[receiver] = max(reached.get(receiver, 0), number)
    for receiver, position in sealed.items():
        check.looked_at += 1
        if position > reached.get(receiver, 0):
            check.fail(
                "state/sealed.json",
                f"says that {receiver} is sealed up to {position}, but no table goes beyond {reached.get(receiver)}",
                "rows are missing from the tables: restore the folder `tables` from a backup",
            )


def check_partitions(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], check: Check) -> None:
    """Check that each raw row lies in the partition of the day on which it was received."""
    for name in RAW:
        if name in tables:
            check.looked_at += _number(con, f"SELECT count(*) FROM {name}")
            elsewhere = f"SELECT receive_day, count(*) FROM {name} WHERE receive_day != {_DAY} GROUP BY 1 ORDER BY 1"
            for day, n in con.execute(elsewhere).fetchall():
                check.fail(
                    f"tables/{name}/receive_day={day}",
                    f"{n} rows were received on another day",
                    "queries by day miss them: keep a copy and report this",
                )


_DAY = "(DATE '1970-01-01' + (received_unix_ns // 86400000000000)::INTEGER)"


def check_references(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], check: Check) -> None:
    """Check, in the newest snapshot, that what was computed refers to stored spans, and costs to calls."""
    for table in DERIVED:
        if table.name not in tables:
            continue
        target = "genai_calls" if table.name == "costs" else "spans"
        check.looked_at += _number(con, f"SELECT count(*) FROM published.{table.name}")
        dangling = (
            f"SELECT DISTINCT trace_id, span_id FROM published.{table.name} "
            f"ANTI JOIN published.{target} USING (trace_id, span_id) LIMIT 100"
        )
        for trace_id, span_id in con.execute(dangling).fetchall():
            check.fail(
                f"tables/{table.name}",
                f"a row refers to {trace_id} {span_id}, which is not in {target}",
                "compute everything again: otel-cert process --all",
            )


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    (number,) = con.execute(sql).fetchall()[0]
    return int(number)


def _pairs(names: str, values: Iterable[object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(names.split(", "), values, strict=True))
