"""Which records belong to an incident: those of the traces that are named, and of those that began in its window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from otel_cert.errors import NotFound, UsageError
from otel_cert.report.system import Incident
from otel_cert.schema import BUILTIN, Table

if TYPE_CHECKING:
    import duckdb

TRACED = tuple(table for table in BUILTIN if "trace_id" in table.names)
"""Tables whose rows belong to a trace; points of metrics belong to none."""
_TRACES = "incident_traces"
_BEGAN = """
    SELECT trace_id FROM spans WHERE start_unix_ns >= $since AND start_unix_ns < $until AND {service}
    UNION SELECT trace_id FROM genai_calls WHERE start_unix_ns >= $since AND start_unix_ns < $until AND {service}
    UNION SELECT trace_id FROM logs WHERE unix_ns >= $since AND unix_ns < $until AND {service}
"""
_SAME_CALL = f"SELECT call_trace_id FROM genai_duplicates WHERE trace_id IN (FROM {_TRACES})"


def narrow(con: duckdb.DuckDBPyConnection, incident: Incident, services: tuple[str, ...]) -> list[str]:
    """Let every table of `con` show only the rows of an incident; return the ids of its traces, in order.

    A trace that only repeats a call that another trace records brings that other one with it.

    Args:
        con: a connection of one snapshot, whose tables are views of the schema `main`.
        incident: with trace ids, a window, or both.
        services: of the window only their records count; empty = all.

    Raises:
        UsageError: the incident names no traces and no window.
        NotFound: nothing is stored of what it names.

    """
    if not incident.traces and incident.since is None:
        raise UsageError(
            f"incident {incident.id!r} does not say which traces belong to it",
            hint="write `traces`, or `since` and `until`, beside it in system.yaml",
        )
    con.execute(f"CREATE TEMP TABLE {_TRACES} (trace_id VARCHAR PRIMARY KEY)")
    for select, params in _selected(incident, services):
        con.execute(f"INSERT OR IGNORE INTO {_TRACES} {select}", params)
    con.execute(f"INSERT OR IGNORE INTO {_TRACES} {_SAME_CALL}")
    stored = " UNION ALL ".join(f"SELECT trace_id FROM {table.name}" for table in TRACED)
    known = f"SELECT trace_id FROM ({stored}) WHERE trace_id IN (FROM {_TRACES})"
    con.execute(f"DELETE FROM {_TRACES} WHERE trace_id = '' OR trace_id NOT IN ({known})")
    found = [id_ for (id_,) in con.execute(f"FROM {_TRACES} ORDER BY trace_id").fetchall()]
    if not found:
        raise NotFound(
            f"nothing is stored of the traces and window of incident {incident.id!r}",
            hint='compare them with: otel-cert sql "SELECT DISTINCT trace_id, start_time FROM spans"',
        )
    for table in TRACED:  # temporary views come before those of `main`
        con.execute(
            f"CREATE TEMP VIEW {table.name} AS SELECT * FROM memory.main.{table.name}"
            f" WHERE trace_id IN (FROM {_TRACES})"
        )
    return found


def rows_of(table: Table) -> str:
    """Return SQL that reads the stored columns of a table in an order that depends on nothing but the rows."""
    columns = ", ".join(f'"{name}"' for name in table.names)
    order = dict.fromkeys((*table.key, *table.sort))
    return f"SELECT {columns} FROM {table.name} ORDER BY {', '.join(order)}"


def _selected(incident: Incident, services: tuple[str, ...]) -> Iterator[tuple[str, dict[str, object]]]:
    if incident.traces:
        yield "SELECT DISTINCT unnest($ids::VARCHAR[])", {"ids": [id_.strip().lower() for id_ in incident.traces]}
    if incident.since and incident.until:
        window: dict[str, object] = {
            "since": round(incident.since.timestamp() * 1e9),
            "until": round(incident.until.timestamp() * 1e9),
        }
        if services:
            window["services"] = list(services)
        yield _BEGAN.format(service="service_name IN (SELECT unnest($services))" if services else "true"), window
