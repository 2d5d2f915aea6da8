"""Evaluations as events `gen_ai.evaluation.result`: log records of the evaluated span, under its resource.

Source: GenAI semantic conventions 1.41, "Event: gen_ai.evaluation.result".
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata, resources
from itertools import groupby
from typing import Any

import pyarrow as pa

from otel_cert.otlp.columns import unsigned
from otel_cert.otlp.requests import SIGNALS
from otel_cert.otlp.values import attributes_from_text
from otel_cert.schema import EVALUATIONS, GENAI_CALLS
from otel_cert.store import identity, snapshots
from otel_cert.store.known import CONFLICT
from otel_cert.store.layout import Layout
from otel_cert.store.query import show_table, utc_connection
from otel_cert.store.snapshots import Snapshot

EVENT = "gen_ai.evaluation.result"
SCOPE = "otel_cert"

ATTRIBUTES: Mapping[str, str] = {
    "evaluation_name": "gen_ai.evaluation.name",
    "score_value": "gen_ai.evaluation.score.value",
    "score_label": "gen_ai.evaluation.score.label",
    "explanation": "gen_ai.evaluation.explanation",
    "response_id": "gen_ai.response.id",
    "error_type": "error.type",
    "evaluator": "otel_cert.evaluator",
    "evaluator_version": "otel_cert.evaluator.version",
    "store": "otel_cert.store",
}
"""Column -> attribute of the event; the last three are ours, the conventions have none for them."""

_SQL = (resources.files(__package__) / "evaluations.sql").read_text(encoding="utf-8")


def evaluations_of(layout: Layout, snapshot: Snapshot, spans: pa.Table) -> pa.Table:
    """Return the evaluations of `spans` in their order; `position` is the span's."""
    wanted = spans.select(["trace_id", "span_id", "sequence", "end_unix_ns", "received_unix_ns"])
    wanted = wanted.append_column("position", pa.array(range(spans.num_rows), pa.int64()))
    unclear = [CONFLICT in (flags or ()) for flags in spans["flags"].to_pylist()]
    with utc_connection() as con:
        con.execute("SET threads = 1")
        for table in (EVALUATIONS, GENAI_CALLS):
            show_table(con, table, snapshots.shown_files(layout, snapshot, table))
        con.register("wanted", wanted.filter(pa.array([not one for one in unclear], pa.bool_())))
        return con.sql(_SQL, params={"store": identity.store_id(layout)}).to_arrow_table()


def events(spans: pa.Table, evaluations: pa.Table) -> bytes:
    """Return the export request of `evaluations`, which are of `spans`."""
    request = SIGNALS["logs"].request()
    for position, of_span in groupby(evaluations.to_pylist(), key=lambda row: row["position"]):
        (span,) = spans.slice(position, 1).to_pylist()
        group = request.resource_logs.add(schema_url=span["resource_schema_url"])
        if span["resource_attributes"] is not None:
            group.resource.attributes.extend(
                attributes_from_text(span["resource_attributes"], span["resource_attribute_types"])
            )
        scope = group.scope_logs.add()
        scope.scope.name, scope.scope.version = SCOPE, metadata.version("otel-cert")
        for row in of_span:
            _fill(scope.log_records.add(), row)
    return bytes(request.SerializeToString())


def _fill(record: Any, row: Mapping[str, Any]) -> None:
    """Fill a log record; nothing in it depends on when it is sent, so that a receiver recognises a repeated one."""
    record.event_name = EVENT
    record.time_unix_nano, record.observed_time_unix_nano = (
        unsigned(row["end_unix_ns"]),
        unsigned(row["received_unix_ns"]),
    )
    record.trace_id, record.span_id = bytes.fromhex(row["trace_id"]), bytes.fromhex(row["span_id"])
    for column, key in ATTRIBUTES.items():
        if (value := row[column]) is not None:
            kind = "double_value" if column == "score_value" else "string_value"
            record.attributes.add(key=key, value={kind: value})
