"""Times queries over the store against bare DuckDB on one Parquet file per table with the same rows."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb
from figures import Figures, Goal
from tables import TABLES, build, compact

import otel_cert
from otel_cert.schema import SPANS
from otel_cert.store import snapshots

_QUERIES = {
    "cost by model and day": """
        SELECT call.request_model, date_trunc('day', make_timestamp_ns(call.start_unix_ns)) AS day, currency,
               count(*) AS calls, sum(total_cost) AS cost
        FROM costs GROUP BY ALL ORDER BY ALL""",
    "one trace by id": f"""
        SELECT {", ".join(SPANS.names)} FROM spans
        WHERE trace_id = $trace_id ORDER BY start_unix_ns, span_id""",
    "count(*)": "SELECT count(*) FROM spans",
}
_LIMITS_MS = {
    ("in 1000 files", "cost by model and day"): 1_500, ("compacted", "cost by model and day"): 500,
    ("compacted", "one trace by id"): 50,
}  # fmt: skip
_LIMITED = "10M"
"""The rows that the limits are for."""


def measure_queries(figures: Figures, seed: int, rows: int, rounds: int, folder: Path) -> None:
    """Build both sides, check that they answer alike, and time them in turn: first with many small files, then compacted."""
    name = f"{rows // 10**6}M" if rows >= 10**6 else f"{rows}"
    with tempfile.TemporaryDirectory(dir=folder) as place, duckdb.connect() as bare:
        layout = build(Path(place), seed, rows)
        _one_file_each(layout.root, bare, Path(place))
        # From the middle: the statistics of a row group exclude only ids that are extreme.
        ((trace_id,),) = bare.execute("SELECT min(trace_id) FROM spans WHERE trace_id >= '8'").fetchall()
        files = len(snapshots.table_files(layout, snapshots.latest(layout), SPANS.name).paths)
        _measure(figures, name, f"in {files} files", layout.root, bare, trace_id, rounds)
        compact(layout)
        _measure(figures, name, "compacted", layout.root, bare, trace_id, rounds)


def _one_file_each(root: Path, bare: duckdb.DuckDBPyConnection, folder: Path) -> None:
    with otel_cert.connect(root) as ours:
        for table in TABLES:
            columns = ", ".join(f'"{column}"' for column in table.names)
            file = folder / f"{table.name}.parquet"
            ours.execute(
                f"COPY (SELECT {columns} FROM {table.name}) TO '{file}' (COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            )
            bare.execute(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet('{file}')")


def _measure(
    figures: Figures, rows: str, state: str, root: Path, bare: duckdb.DuckDBPyConnection, trace_id: str, rounds: int
) -> None:
    name = f"{rows} {state}"
    for _ in range(rounds):
        began = time.perf_counter()
        ours = otel_cert.connect(root)
        figures.add(f"{name}: connect", _ms_since(began), "ms")
        for query, sql in _QUERIES.items():
            parameters = {"trace_id": trace_id} if "$trace_id" in sql else {}
            # Each answer is asked for twice; the first time reads the files' footers, which users wait for once.
            _timed(ours, sql, parameters)
            (answer, took), (bare_answer, bare_took) = _timed(ours, sql, parameters), _timed(bare, sql, parameters)
            if answer != bare_answer:
                raise RuntimeError(f"the answers differ: {query}")
            figures.add(f"{name}: {query}", took, "ms")
            figures.add(f"{name}: {query}, bare DuckDB", bare_took, "ms")
            figures.add(f"{name}: {query}, times bare", took / bare_took, "ratio")
            if rows == _LIMITED and (limit := _LIMITS_MS.get((state, query))):
                Goal(f"{name}: {query}", limit, "ms", at_least=False).add(figures, took)
        ours.close()


def _timed(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, str]
) -> tuple[list[tuple[object, ...]], float]:
    """Return all rows and how many milliseconds they took."""
    began = time.perf_counter()
    rows = con.execute(sql, parameters).fetchall()
    return rows, _ms_since(began)


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1e3
