"""Large stores for the queries: real rows of a seeded load, repeated with ids and times of their own.

A block of spans is decoded and analysed by the product's own code once; each repetition changes the ids in all tables in
the same way, so that the tables join, and moves the times on. Rows go through the store's own append, not the network.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
from load import load

from otel_cert.config.loader import load as load_config
from otel_cert.engine.runner import evaluate
from otel_cert.otlp.columns import Arrival
from otel_cert.otlp.decode import Received, decode
from otel_cert.pipeline import analysis_steps
from otel_cert.registry import Registry
from otel_cert.schema import COSTS, GENAI_CALLS, LOGS, SPANS
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.maintain import Maintenance
from otel_cert.store.query import show_rows, show_snapshot, show_table, utc_connection
from otel_cert.store.snapshots import Snapshot
from otel_cert.store.tables import DeltaStore, StoredFiles

TABLES = (SPANS, GENAI_CALLS, COSTS)
DAYS = 10
"""Days over which the rows are spread."""

BLOCK_SPANS = 10_000
"""Spans per file before compaction: 10 M spans are 1,000 files."""
CALL_BLOCK_SPANS = 250_000
"""Spans of which the calls of one file are."""
_CONTENT = ("system_instructions", "input_messages", "output_messages", "tool_definitions")
_DAY_NS = 86_400 * 10**9
_BATCH = 500


def build(folder: Path, seed: int, rows: int) -> Layout:
    """Write `rows` spans, and the calls and costs that belong to them, and publish them."""
    layout = Layout.create(folder)
    delta = DeltaStore(layout)
    size = min(BLOCK_SPANS, rows)
    block = _block(seed, size)
    repetitions = rows // size
    for repetition in range(repetitions):
        day = repetition * DAYS // repetitions
        for table in TABLES:
            delta.append(table, _repeated(block[table.name], repetition, day), {})
    _maintain(layout, delta, hot_files=repetitions + 1)  # checkpoints, no compaction
    return layout


def build_calls(folder: Path, seed: int, calls: int) -> Layout:
    """Write `calls` calls without their messages, and their costs, and publish them; spans are left out."""
    layout = Layout.create(folder)
    delta = DeltaStore(layout)
    block = dict(_block(seed, min(CALL_BLOCK_SPANS, 3 * calls)))
    rows = block[GENAI_CALLS.name]
    for name in _CONTENT:
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, rows.schema.field(index), pa.nulls(len(rows), rows.schema.field(index).type))
    block[GENAI_CALLS.name] = rows
    repetitions = -(-calls // len(rows))
    for repetition in range(repetitions):
        day = repetition * DAYS // repetitions
        left = calls - repetition * len(rows)
        for table in (GENAI_CALLS, COSTS):
            delta.append(table, _repeated(block[table.name].slice(0, left), repetition, day), {})
    snapshots.publish(layout, delta.versions((GENAI_CALLS, COSTS)))
    return layout


def compact(layout: Layout) -> None:
    """Compact the tables as the service does when a day has many small files."""
    _maintain(layout, DeltaStore(layout), hot_files=2)


def _maintain(layout: Layout, delta: DeltaStore, hot_files: int) -> None:
    Maintenance(layout, delta, TABLES, hot_files=hot_files).run()
    snapshots.publish(layout, delta.versions(TABLES))


def _block(seed: int, spans: int) -> Mapping[str, pa.Table]:
    """Return the rows of one block by table."""
    bodies = load(f"{seed}/queries", min(_BATCH, spans), spans).bodies
    received = time.time_ns()
    rows = decode(
        "traces",
        (
            Received(Arrival("otlp", sequence, received, f"{sequence:032x}"), body)
            for sequence, body in enumerate(bodies, 1)
        ),
    )
    registry = Registry.installed()
    with utc_connection() as con:
        show_snapshot(con, Snapshot(0, received))
        con.register("block", rows)
        show_rows(con, SPANS, "SELECT * FROM block")
        show_table(con, LOGS, StoredFiles())
        steps = analysis_steps(load_config(None, registry), registry)
        return {SPANS.name: rows, **{table.name: computed for _, table, computed in evaluate(con, steps)}}


def _repeated(rows: pa.Table, repetition: int, day: int) -> pa.Table:
    """Return a block's rows with other ids, a hash of the old ones and the repetition, and times `day` days later."""
    changes = {
        "trace_id": f"md5(trace_id || '{repetition}')",
        "span_id": f"left(md5(span_id || '{repetition}'), 16)",
        "parent_span_id": f"CASE parent_span_id WHEN '' THEN '' ELSE left(md5(parent_span_id || '{repetition}'), 16) END",
        "receive_day": f"(receive_day + {day})::DATE",
        **{
            name: f"{name} + {day * _DAY_NS} + {repetition}"
            for name in ("start_unix_ns", "end_unix_ns", "received_unix_ns")
        },
        "call": f"struct_update(call, start_unix_ns := call.start_unix_ns + {day * _DAY_NS} + {repetition})",
    }
    changes = {name: sql for name, sql in changes.items() if name in rows.schema.names}
    with duckdb.connect() as con:
        con.register("block", rows.select(list(changes)))
        changed = con.sql(f"SELECT {', '.join(changes.values())} FROM block").to_arrow_table()
    for name, column in zip(changes, changed.columns, strict=True):
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, column.cast(field.type))
    return rows
