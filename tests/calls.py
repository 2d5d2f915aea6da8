"""Calls with known figures, and a connection that shows them as a stored snapshot would."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from otel_cert.schema import (
    ATTRIBUTION,
    CALL,
    CLAIMS,
    COSTS,
    EVALUATIONS,
    GENAI_CALLS,
    GENAI_DUPLICATES,
    GENAI_RETRIEVALS,
    GENAI_TOOL_EXECUTIONS,
    LOGS,
    METRIC_POINTS,
    SPANS,
    SUPPORT,
    TOKEN_ENTROPY,
    Table,
)
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.tables import DeltaStore

Rows = Iterable[Mapping[str, Any]]

DAY_NS = 86_400_000_000_000
START_NS = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z."""


def call(number: int, *, at_s: float = 0, seconds: float | None = 1.0, **fields: Any) -> dict[str, Any]:
    """Return a genai_calls row: `at_s` seconds after START_NS, everything not given unknown."""
    start = START_NS + round(at_s * 1e9)
    duration = None if seconds is None else round(seconds * 1e9)
    row = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}", "parent_span_id": "", "start_unix_ns": start}
    return row | {"end_unix_ns": start + (duration or 0), "duration_ns": duration} | fields


def cost(number: int, total: str | None, *, currency: str | None = "USD", reason: str | None = None) -> dict[str, Any]:
    """Return the costs row of call `number`; `connect` and `store` complete it with what it repeats of the call."""
    amount = None if total is None else Decimal(total)
    ids = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}"}
    return ids | {"total_cost": amount, "currency": currency if amount is not None else None, "reason": reason}


def evaluation(number: int, name: str, **fields: Any) -> dict[str, Any]:
    """Return an evaluations row of call `number`."""
    ids = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}"}
    return ids | {"evaluation_name": name, "received": False, "evaluator": "judge", "evaluator_version": "1"} | fields


def span(
    number: int, *, parent: int | None = None, tags: Mapping[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """Return the spans row of call `number`, with attributes `tags`, in the trace of its parent."""
    ids = {"trace_id": f"{parent or number:032x}", "span_id": f"{number:016x}"}
    return ids | {"parent_span_id": f"{parent:016x}" if parent else "", "attributes": tags or {}} | fields


def connect(
    calls: Rows = (),
    costs: Rows = (),
    evaluations: Rows = (),
    *,
    spans: Rows = (),
    duplicates: Rows = (),
    support: Rows = (),
    claims: Rows = (),
    entropy: Rows = (),
    logs: Rows = (),
    metrics: Rows = (),
    tools: Rows = (),
    retrievals: Rows = (),
    snapshot: int = 1,
    store_id: str = "a",
) -> duckdb.DuckDBPyConnection:
    """Return a connection with the views that the questions ask."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    numbered = f"{snapshot}::BIGINT AS number, TIMESTAMP '2026-01-01' AS created_time, '{store_id}' AS store_id"
    con.execute(f"CREATE VIEW snapshot AS SELECT {numbered}, []::VARCHAR[] AS services")
    _view(con, GENAI_CALLS, calls)
    _view(con, COSTS, _with_calls(costs, calls))
    _view(con, EVALUATIONS, evaluations)
    _view(con, GENAI_DUPLICATES, duplicates)
    _view(con, SPANS, spans)
    _view(con, SUPPORT, support)
    _view(con, CLAIMS, claims)
    _view(con, TOKEN_ENTROPY, entropy)
    _view(con, LOGS, logs)
    _view(con, METRIC_POINTS, metrics)
    _view(con, GENAI_TOOL_EXECUTIONS, tools)
    _view(con, GENAI_RETRIEVALS, retrievals)
    return con


def store(root: Path, calls: Rows, costs: Rows = ()) -> Layout:
    """Add rows to the data directory `root`, publish a snapshot and return the layout."""
    layout = Layout.create(root)
    delta = DeltaStore(layout)
    for table, rows in ((GENAI_CALLS, calls), (COSTS, _with_calls(costs, calls))):
        delta.append(table, _arrow(table, [{**row, "receive_day": date(2026, 1, 1)} for row in rows]), {})
    snapshots.publish(layout, delta.versions((GENAI_CALLS, COSTS)))
    return layout


def some() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return 14 calls over two hours and their costs: two providers, two currencies, failures, unknown values."""
    asked = {"provider": "openai", "request_model": "gpt-4o", "service_name": "bot", "operation": "chat"}
    known = {"response_model": "gpt-4o-2024-08-06", "input_tokens_total": 100, "output_tokens_total": 10}
    calls = [call(i, at_s=600 * i, seconds=1 + i / 10, **asked, **known) for i in range(10)]
    calls += [call(i, at_s=600 * i, error_type="RateLimitError", error_class="rate_limit", **asked) for i in (10, 11)]
    calls += [call(i, at_s=600 * i, provider="aws.bedrock", request_model="nova", **known) for i in (12, 13)]
    costs = [cost(i, "0.002") for i in range(10)] + [
        cost(10, None, reason="no_tokens"),
        cost(11, None, reason="no_tokens"),
    ]
    return calls, [*costs, cost(12, "0.5", currency="EUR"), cost(13, None, reason="no_price")]


def _with_calls(costs: Rows, calls: Rows) -> list[Mapping[str, Any]]:
    by_span = {row["span_id"]: row for row in calls}
    return [{**row, **_repeated(by_span.get(row["span_id"], {}))} for row in costs]


def _repeated(call: Mapping[str, Any]) -> dict[str, Any]:
    groups = {"call": CALL, "attribution": ATTRIBUTION}
    return {group: {name: call.get(name) for name in type_.names} for group, type_ in groups.items()}


def _arrow(table: Table, rows: Rows) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in table.names} for row in rows], schema=table.arrow)


def _view(con: duckdb.DuckDBPyConnection, table: Table, rows: Rows) -> None:
    con.register(f"{table.name}_rows", _arrow(table, rows))
    computed = "".join(f", {sql} AS {name}" for name, sql, _ in table.view_columns())
    con.execute(f"CREATE VIEW {table.name} AS SELECT *{computed} FROM {table.name}_rows")
