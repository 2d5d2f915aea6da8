"""The `genai` processor: spans and logs of every dialect become calls, tools, retrievals, agent runs and evaluations.

A span `chat gpt-4o-mini` with `gen_ai.usage.input_tokens = 14` becomes a row of `genai_calls` with `input_tokens_total`
14; an HTTP span, an agent span that repeats the sum of its calls, and the second record of a call become none. The second
record is kept in `genai_duplicates`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.schema import (
    EVALUATIONS,
    GENAI_AGENT_RUNS,
    GENAI_CALLS,
    GENAI_DUPLICATES,
    GENAI_RETRIEVALS,
    GENAI_TOOL_EXECUTIONS,
    Table,
)
from otel_cert.semconv import calls, dialect, operations, otel
from otel_cert.semconv.read import Reader
from otel_cert.semconv.record import records
from otel_cert.semconv.table import LOGS_SQL, SPANS_SQL, Spans

_WRITES = (
    GENAI_CALLS, GENAI_TOOL_EXECUTIONS, GENAI_RETRIEVALS, GENAI_AGENT_RUNS, GENAI_DUPLICATES, EVALUATIONS,
)  # fmt: skip

_SCOPES = "SELECT DISTINCT coalesce(scope_name, '') FROM spans"
_SELECT_LOGS = f"""{LOGS_SQL}
WHERE span_id <> '' AND starts_with(name, 'gen_ai.')
ORDER BY unix_ns, sequence, ordinal"""


_EVALUATED = """SELECT 1 FROM logs
WHERE coalesce(nullif(event_name, ''), attributes['event.name']) = 'gen_ai.evaluation.result' LIMIT 1"""

_NEAR_NS = 3600 * 10**9
"""Traces of one call are looked for within an hour: a stream may take long before its second half is recorded."""


class GenaiSettings(Settings):
    """Nothing to set: the dialects come from the installed entry points."""


class Genai:
    """Reads spans with the given dialects."""

    def __init__(self, dialects: Sequence[dialect.Dialect]) -> None:
        self._reader = Reader(dialects, otel.UNKNOWN)
        self._marks = self._reader.marks
        # Asking for one after another takes half the time of `list_has_any`, and next to none where the scope is known.
        marked = " OR ".join(f"map_contains(attributes, $marks[{n}])" for n, _ in enumerate(self._marks, 1))
        self._select = f"{SPANS_SQL}\nWHERE list_contains($scopes, scope_name) OR {marked}"

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of all its tables; see `component.Processor`."""
        with _uncollected():
            tables = self._tables(con)
        return {**tables, EVALUATIONS.name: _evaluations(con, tables)}

    def _tables(self, con: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
        spans = self._spans(con)
        read = list(self._reader.read(spans))
        found = records(spans, read)
        order, duplicates = calls.calls(found, calls.between(spans, read, found))
        rows = {
            GENAI_TOOL_EXECUTIONS: operations.tool_executions(spans, read),
            GENAI_RETRIEVALS: operations.retrievals(spans, read),
            GENAI_AGENT_RUNS: operations.agent_runs(spans, read),
            GENAI_DUPLICATES: duplicates,
        }
        tables = {table.name: _table(table, columns) for table, columns in rows.items()}
        return {GENAI_CALLS.name: _table(GENAI_CALLS, found).take(pa.array(order, pa.int64())), **tables}

    def linked(self, con: duckdb.DuckDBPyConnection) -> pa.Table:
        """Return the traces that hold other records of the calls shown; see `component.Linking`."""
        ((first, last),) = con.execute("SELECT min(start_unix_ns), max(end_unix_ns) FROM genai_calls").fetchall()
        if first is None:
            return pa.table({"trace_id": pa.array([], pa.string())})
        near = {"first": max(first - _NEAR_NS, -(2**63)), "last": min(last + _NEAR_NS, 2**63 - 1)}
        return con.sql(_sql("genai_linked"), params=near).to_arrow_table()

    def _spans(self, con: duckdb.DuckDBPyConnection) -> Spans:
        scopes = [name for (name,) in con.execute(_SCOPES).fetchall() if self._reader.knows(name)]
        known = {"marks": self._marks, "scopes": scopes}
        return Spans(con.sql(self._select, params=known).to_arrow_table(), con.sql(_SELECT_LOGS).to_arrow_table())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do without the cyclic garbage collector: it would go through a million objects again and again, and find none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _evaluations(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return the received evaluations of the calls just found; most rounds have none, for which no calls are looked at."""
    if not con.execute(_EVALUATED).fetchall():
        return EVALUATIONS.arrow.empty_table()
    found = (GENAI_CALLS.name, GENAI_DUPLICATES.name)
    for name in found:
        con.register(name, tables[name])
    try:
        rows = con.sql(_sql("genai_evaluations")).to_arrow_table()
    finally:
        for name in found:
            con.unregister(name)
    return rows.select(EVALUATIONS.names).cast(EVALUATIONS.arrow)


def _table(table: Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    return pa.table([pa.array(columns[field.name], field.type) for field in table.arrow], schema=table.arrow)


def _sql(name: str) -> str:
    return (resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8")


FACTORY = Factory(
    type="genai",
    kind=Kind.PROCESSOR,
    config=GenaiSettings,
    create=lambda _settings: Genai(dialect.installed()),
    stability=Stability.BETA,
    doc="Recognises model calls, tool executions, retrievals and agent runs, in every installed dialect.",
    signals=(Signal.ANALYSIS,),
    reads=("spans", "logs"),
    writes=_WRITES,
)
