"""Times queries over the store against bare DuckDB on one Parquet file per table with the same rows."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb
from figures import Figures
from tables import TABLES, build

import otel_cert
from otel_cert.schema import SPANS

_QUERIES = {
    "cost by model and day": """
        SELECT request_model, date_trunc('day', make_timestamp_ns(start_unix_ns)) AS day, currency,
               count(*) AS calls, sum(total_cost) AS cost
        FROM genai_calls JOIN costs USING (trace_id, span_id) GROUP BY ALL ORDER BY ALL""",
    "one trace by id": f"""
        SELECT {", ".join(SPANS.names)} FROM spans
        WHERE trace_id = getvariable('trace_id') ORDER BY start_unix_ns, span_id""",
    "count(*)": "SELECT count(*) FROM spans",
}


def measure_queries(figures: Figures, seed: int, rows: int, rounds: int, folder: Path) -> None:
    """Build both sides, check that they answer alike, and time them in turn."""
    name = f"{rows // 10**6}M" if rows >= 10**6 else f"{rows}"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        layout = build(Path(place), seed, rows)
        with otel_cert.connect(layout.root) as ours, duckdb.connect() as bare:
            _one_file_each(ours, bare, Path(place))
            # From the middle: the statistics of a row group exclude only ids that are extreme.
            ((trace_id,),) = ours.execute("SELECT min(trace_id) FROM spans WHERE trace_id >= '8'").fetchall()
            for con in (ours, bare):
                con.execute("SET VARIABLE trace_id = $trace_id", {"trace_id": trace_id})
            for _ in range(rounds):
                _round(figures, name, layout.root, ours, bare)


def _one_file_each(ours: duckdb.DuckDBPyConnection, bare: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for table in TABLES:
        columns = ", ".join(table.names)
        file = folder / f"{table.name}.parquet"
        ours.execute(f"COPY (SELECT {columns} FROM {table.name}) TO '{file}' (COMPRESSION zstd, COMPRESSION_LEVEL 1)")
        bare.execute(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet('{file}')")


def _round(
    figures: Figures, name: str, root: Path, ours: duckdb.DuckDBPyConnection, bare: duckdb.DuckDBPyConnection
) -> None:
    began = time.perf_counter()
    otel_cert.connect(root).close()
    figures.add(f"{name}: connect", _ms_since(began), "ms")
    for query, sql in _QUERIES.items():
        (answer, took), (bare_answer, bare_took) = _timed(ours, sql), _timed(bare, sql)
        if answer != bare_answer:
            raise RuntimeError(f"the answers differ: {query}")
        figures.add(f"{name}: {query}", took, "ms")
        figures.add(f"{name}: {query}, bare DuckDB", bare_took, "ms")
        figures.add(f"{name}: {query}, times bare", took / bare_took, "ratio")


def _timed(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[tuple[object, ...]], float]:
    """Return all rows and how many milliseconds they took."""
    began = time.perf_counter()
    rows = con.execute(sql).fetchall()
    return rows, _ms_since(began)


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1e3
