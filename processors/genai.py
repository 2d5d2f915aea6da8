"""The `genai` processor: spans and logs of every dialect become calls, tool executions, retrievals and agent runs.

A span `chat gpt-4o-mini` with `gen_ai.usage.input_tokens = 14` becomes a row of `genai_calls` with `input_tokens_total`
14; an HTTP span, an agent span that repeats the sum of its calls, and the second record of a call become none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.schema import GENAI_AGENT_RUNS, GENAI_CALLS, GENAI_RETRIEVALS, GENAI_TOOL_EXECUTIONS
from otel_cert.semconv import dialect, otel, select
from otel_cert.semconv.anyvalue import plain_json

_WRITES = (GENAI_CALLS, GENAI_TOOL_EXECUTIONS, GENAI_RETRIEVALS, GENAI_AGENT_RUNS)


class GenaiSettings(Settings):
    """Nothing to set: the dialects come from the installed entry points."""


class Genai:
    """Reads spans with the given dialects; a later step reads the relation that an earlier one registered."""

    def __init__(self, dialects: Sequence[dialect.Dialect]) -> None:
        self._claim = select.claim_select(dialects, otel.UNKNOWN)
        self._selects = {d.name: select.dialect_select(d) for d in (*dialects, otel.UNKNOWN)}
        self._events = select.event_select(otel.DIALECT)

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of the four tables; see `component.Processor`."""
        with _relations(con) as relations:
            relations.keep("genai_claimed", self._claim)
            relations.add("genai_spans", _with_plain_json(self._read(con)))
            relations.add("genai_events", _with_plain_json(con.sql(self._events).to_arrow_table()))
            for step in ("genai_call_records", "genai_call_groups"):
                relations.add(step, con.sql(_sql(step)).to_arrow_table())
            return {
                table.name: con.sql(_sql(table.name)).to_arrow_table().select(table.names).cast(table.arrow)
                for table in _WRITES
            }

    def _read(self, con: duckdb.DuckDBPyConnection) -> pa.Table:
        """Return the canonical fields of the claimed spans; every dialect gives the same columns."""
        found = con.sql("SELECT DISTINCT dialect FROM genai_claimed").fetchall()
        names = [name for (name,) in found] or [otel.UNKNOWN.name]
        return pa.concat_tables([con.sql(self._selects[name]).to_arrow_table() for name in sorted(names)])


class _Relations:
    """Tables that SQL sees by name, until they are removed."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.names: list[str] = []
        self.kept: list[str] = []

    def keep(self, name: str, sql: str) -> None:
        """Hold rows with attributes inside DuckDB: it refuses Arrow maps with a repeated key, which senders may send."""
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
        self.kept.append(name)

    def add(self, name: str, rows: pa.Table) -> None:
        self._con.register(name, rows)
        self.names.append(name)


@contextmanager
def _relations(con: duckdb.DuckDBPyConnection) -> Iterator[_Relations]:
    relations = _Relations(con)
    try:
        yield relations
    finally:
        for name in relations.names:
            con.unregister(name)
        for name in relations.kept:
            con.execute(f"DROP TABLE {name}")


def _sql(name: str) -> str:
    return (resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8")


def _with_plain_json(rows: pa.Table) -> pa.Table:
    """Return the rows with OTLP arrays and key-value lists as plain JSON, and without their code columns."""
    for field in select.STRUCTURED:
        if (code := f"{field}_code") not in rows.column_names:
            continue
        codes = rows[code]
        structured = pc.fill_null(pc.is_in(codes, pa.array(["a", "k"])), False)
        if pc.any(structured).as_py():
            pairs = zip(codes.filter(structured).to_pylist(), rows[field].filter(structured).to_pylist(), strict=True)
            plain = pa.array([plain_json(c, text) for c, text in pairs], pa.string())
            replaced = pc.replace_with_mask(rows[field].combine_chunks(), structured.combine_chunks(), plain)
            rows = rows.set_column(rows.column_names.index(field), field, replaced)
        rows = rows.drop_columns(code)
    return rows


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
