"""The query binds over empty tables and gives the declared columns."""

from importlib import resources

import duckdb

from otel_cert import processors
from otel_cert.processors.cost import PRICES
from otel_cert.schema import COSTS, GENAI_CALLS, sql_type


def test_cost_sql_binds_and_gives_the_declared_columns() -> None:
    with duckdb.connect() as con:
        con.register("genai_calls", GENAI_CALLS.empty())
        con.register("prices", PRICES.empty_table())
        query = (resources.files(processors) / "cost.sql").read_text()
        shape = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {query}").fetchall()}
    assert {name: kind.replace('"', "") for name, kind in shape.items()} == {
        c.name: sql_type(c.type).replace('"', "") for c in COSTS.columns
    }
