"""What is acknowledged but not sealed yet: for `connect(fresh=True)`, and for watching calls arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import pyarrow as pa

from otel_cert import pipeline
from otel_cert.config import Config
from otel_cert.engine.runner import Step, evaluate
from otel_cert.registry import Registry
from otel_cert.schema import COSTS, GENAI_CALLS, LOGS, SPANS, Table
from otel_cert.store import snapshots
from otel_cert.store.backlog import Backlog, Pending
from otel_cert.store.layout import Layout
from otel_cert.store.query import show_table, utc_connection
from otel_cert.store.seal import TABLE_OF, Inline
from otel_cert.store.tables import StoredFiles

MAX_TAIL_BYTES = 64 << 20
"""Most of the log's tail that is decoded for one connection."""


def tail_rows(layout: Layout, config: Config, registry: Registry) -> dict[str, pa.Table]:
    """Return the rows per raw table that the newest snapshot lacks, redacted as sealing would, up to MAX_TAIL_BYTES."""
    sealed = snapshots.latest(layout).sealed
    pending = Backlog(layout, quarantine=False).take(sealed, MAX_TAIL_BYTES)
    return _decode(pending, pipeline.inline_processors(config, registry))


class Watch:
    """Calls as they arrive, before they are sealed; one telemetry batch at a time, so nothing is joined across batches."""

    def __init__(self, layout: Layout, config: Config, registry: Registry) -> None:
        self._backlog = Backlog(layout, quarantine=False)
        self._inline = pipeline.inline_processors(config, registry)
        self._steps = pipeline.analysis_steps(config, registry)
        self._reached = dict(snapshots.latest(layout).sealed)
        self.poll()  # what is there already is not arriving

    def poll(self) -> pa.Table | None:
        """Return the calls that arrived since the last poll, with their costs; None when there are none."""
        pending = self._backlog.take(self._reached, MAX_TAIL_BYTES)
        self._reached |= {p.receiver: p.record.sequence for p in pending}
        rows = _decode([p for p in pending if p.record.request.signal != "metrics"], self._inline)
        if "spans" not in rows:
            return None
        calls = _calls(rows, self._steps)
        return calls if calls.num_rows else None


_CALLS = """
SELECT start_time::TIMESTAMP AS start_time,  -- Arrow gives Python no nanoseconds unless pandas is there
       service_name, operation, provider, coalesce(response_model, request_model) AS model,
       input_tokens_total AS input_tokens, output_tokens_total AS output_tokens, total_cost AS cost, currency,
       duration_ns / 1e9 AS seconds, error_type AS error, trace_id
FROM genai_calls LEFT JOIN costs USING (trace_id, span_id) ORDER BY start_unix_ns, trace_id, span_id
"""


def _calls(rows: Mapping[str, pa.Table], steps: Sequence[Step]) -> pa.Table:
    with utc_connection() as con:
        for table in (SPANS, LOGS):
            show_table(con, table, StoredFiles(), rows.get(table.name))
        shown = {table.name for _, table, _ in evaluate(con, steps)}
        for table in (GENAI_CALLS, COSTS):
            if table.name not in shown:  # the configured pipeline does not compute it
                show_table(con, table, StoredFiles())
        return con.sql(_CALLS).to_arrow_table()


def _decode(pending: Sequence[Pending], inline: Sequence[Inline]) -> dict[str, pa.Table]:
    def signal_of(one: Pending) -> str:
        return one.record.request.signal

    rows: dict[str, pa.Table] = {}
    for signal, group in groupby(sorted(pending, key=signal_of), key=signal_of):
        table: Table = TABLE_OF[signal]
        decoded = pipeline.decode_pending(signal, list(group))
        for consume in inline:
            decoded = consume(table.name, decoded)
        rows[table.name] = decoded
    return rows
