"""Every query builds and binds over empty tables, and all of them name columns that exist."""

from importlib import resources

import duckdb
import pytest

from otel_cert import processors
from otel_cert.processors import genai
from otel_cert.processors.cost import PRICES
from otel_cert.schema import COSTS, GENAI_CALLS, LOGS, SPANS, sql_type
from otel_cert.semconv import otel, select, traceloop
from otel_cert.semconv.dialect import FIELDS, Dialect

FILES = resources.files(processors)
STEPS = (
    "genai_call_records", "genai_call_groups", "genai_calls", "genai_tool_executions", "genai_retrievals",
    "genai_agent_runs",
)  # fmt: skip
WRITES = genai.FACTORY.writes
DIALECTS = (otel.DIALECT, traceloop.DIALECT)


def described(con: duckdb.DuckDBPyConnection, query: str, name: str) -> dict[str, str]:
    """Return column -> type of a query, which becomes an empty table of that name."""
    con.execute(f"CREATE TABLE {name} AS {query} LIMIT 0")
    return {column: kind for column, kind, *_ in con.execute(f"DESCRIBE {name}").fetchall()}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.register("spans", SPANS.empty())
    con.register("logs", LOGS.empty())
    return con


def test_every_dialect_gives_the_same_columns(con: duckdb.DuckDBPyConnection) -> None:
    described(con, select.claim_select(DIALECTS, otel.UNKNOWN), "genai_claimed")
    bare = Dialect(name="it's", scopes=())
    shapes = [
        described(con, select.dialect_select(d), f"shape_{n}") for n, d in enumerate((*DIALECTS, otel.UNKNOWN, bare))
    ]
    assert all(list(shape.items()) == list(shapes[0].items()) for shape in shapes)
    assert FIELDS.keys() <= shapes[0].keys()
    assert {f"{name}_code" for name in select.STRUCTURED} <= shapes[0].keys()


def test_every_sql_file_binds_and_gives_the_declared_columns(con: duckdb.DuckDBPyConnection) -> None:
    described(con, select.claim_select(DIALECTS, otel.UNKNOWN), "genai_claimed")
    described(con, select.dialect_select(otel.DIALECT), "genai_spans")
    described(con, select.event_select(otel.DIALECT), "genai_events")
    shapes = {name: described(con, (FILES / f"{name}.sql").read_text(), name) for name in STEPS}
    for table in WRITES:
        assert {c.name: shapes[table.name][c.name] for c in table.columns} == {
            c.name: sql_type(c.type) for c in table.columns
        }


def test_cost_sql_binds_and_gives_the_declared_columns(con: duckdb.DuckDBPyConnection) -> None:
    con.register("genai_calls", GENAI_CALLS.empty())
    con.register("prices", PRICES.empty_table())
    shape = described(con, (FILES / "cost.sql").read_text(), "described_costs")
    assert {name: type_.replace('"', "") for name, type_ in shape.items()} == {
        c.name: sql_type(c.type).replace('"', "") for c in COSTS.columns
    }
