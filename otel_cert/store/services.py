"""The part of the tables that belongs to some services: a store may hold the telemetry of several systems."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from otel_cert.schema import BUILTIN, Table

_ACTS = ("genai_calls", "genai_agent_runs", "genai_tool_executions", "genai_retrievals")
"""Tables whose rows name their service; rows of other tables are about one of theirs."""
_SETTINGS = ("TimeZone", "parquet_metadata_cache")
"""What `connect` sets: days are UTC, and the heads of files are read once."""


def of_services(
    con: duckdb.DuckDBPyConnection, services: Sequence[str], tables: Sequence[Table] = BUILTIN
) -> duckdb.DuckDBPyConnection:
    """Return a connection beside `con` whose tables show only what belongs to these services.

    Its views hide those of the same name; `con` goes on showing everything. A row without a service of its own belongs to
    that of the call, run, execution or retrieval with its trace id and span id; without such it is not shown. The view
    `snapshot` has the services, so that whoever asks can say of what the answer is.

    Args:
        con: a connection of `connect`.
        services: values of `service.name`; none leaves nothing out.
        tables: the tables that `con` shows.

    """
    part = con.cursor()
    for setting in _SETTINGS:  # a cursor begins with those of the machine
        [(value,)] = con.execute("SELECT current_setting($1)::VARCHAR", [setting]).fetchall()
        part.execute(f"SET {setting} = '{value}'")
    if not services:
        return part
    names = _listed(services)
    acts = " UNION ALL ".join(
        f"SELECT trace_id, span_id FROM {_whole(name)} WHERE service_name IN ({names})" for name in _ACTS
    )
    for table in tables:
        rows = f"SELECT * FROM {_whole(table.name)}"
        if "service_name" in table.names:
            rows += f" WHERE service_name IN ({names})"
        elif {"trace_id", "span_id"} <= set(table.names):
            rows += f" SEMI JOIN ({acts}) AS acts USING (trace_id, span_id)"
        part.execute(f'CREATE TEMP VIEW "{table.name}" AS {rows}')
    part.execute(f"CREATE TEMP VIEW snapshot AS SELECT * REPLACE ([{names}] AS services) FROM {_whole('snapshot')}")
    return part


def _whole(name: str) -> str:
    return f'memory.main."{name}"'


def _listed(services: Sequence[str]) -> str:
    """Return the services as SQL texts, in an order of their own: the same ones are the same question."""
    return ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(set(services)))
