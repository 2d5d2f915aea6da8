"""What happened around calls, read from the tables: the context of a call is looked for in its trace."""

from __future__ import annotations

from collections.abc import Collection
from importlib import resources
from typing import Any

import duckdb

from otel_cert.processors.call_context import Trace


def traces(con: duckdb.DuckDBPyConnection, ids: Collection[str]) -> dict[str, Trace]:
    """Return spans and retrievals of the traces with these ids, by id; reads `spans` and `genai_retrievals`."""
    found = {trace_id: Trace() for trace_id in ids}
    for span in _rows(con, "call_spans", found):
        trace, span_id = found[span["trace_id"]], span["span_id"]
        trace.parents[span_id] = span["parent_span_id"]
        if span["recorded"]:
            trace.recorded[span_id] = span["recorded"]
    for row in _rows(con, "call_retrievals", found):
        found[row["trace_id"]].retrievals.append(row)
    return found


def _rows(con: duckdb.DuckDBPyConnection, name: str, ids: Collection[str]) -> list[dict[str, Any]]:
    sql = (resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = con.sql(sql, params={"ids": list(ids)}).to_arrow_table().to_pylist()
    return rows
