"""Rows of `spans` and `logs` made by hand or decoded from recorded requests, and what the processors make of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from otel_cert.component import Processor
from otel_cert.otlp.columns import Arrival
from otel_cert.otlp.decode import Received, decode
from otel_cert.processors.genai import Genai
from otel_cert.schema import LOGS, SPANS
from otel_cert.semconv.dialect import installed

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
DIALECTS = installed()
START_NS = 1_767_225_600_000_000_000
_CODES = {str: "s", bool: "b", int: "i", float: "d", bytes: "y", list: "a", dict: "k", type(None): "n"}


def typed(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns `attributes` and `attribute_types` as the decoder fills them; a list is OTLP/JSON."""
    texts = []
    for key, value in attributes.items():
        if isinstance(value, list | dict):
            value = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, bool):
            value = str(value).lower()
        texts.append((key, None if value is None else value.decode() if isinstance(value, bytes) else str(value)))
    return {"attributes": texts, "attribute_types": "".join(_CODES[type(v)] for v in attributes.values())}


def span(
    attributes: Mapping[str, Any], *, number: int = 1, at_s: float = 0, seconds: float = 1, **fields: Any
) -> dict[str, Any]:
    """Return a row of `spans`, `at_s` seconds after START_NS."""
    start = START_NS + round(at_s * 1e9)
    row = {
        "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "parent_span_id": "", "kind": 3, "name": "chat",
        "start_unix_ns": start, "end_unix_ns": start + round(seconds * 1e9), "content_hash": number,
        "scope_name": "opentelemetry.instrumentation.genai.openai", "resource_attributes": [("service.name", "shop")],
        "gen_ai_operation_name": attributes.get("gen_ai.operation.name"),
        "gen_ai_request_model": attributes.get("gen_ai.request.model"),
    }  # fmt: skip
    return row | typed(attributes) | fields


def chat(
    *, number: int = 1, at_s: float = 0, seconds: float = 1, fields: Mapping[str, Any] | None = None, **attributes: Any
) -> dict[str, Any]:
    """Return the span of a chat call; `a__b` in a keyword is the attribute `a.b`."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    common = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini"}
    return span(common | named, number=number, at_s=at_s, seconds=seconds, **(fields or {}))


def connect(
    spans: Iterable[Mapping[str, Any]] | pa.Table = (), logs: Iterable[Mapping[str, Any]] | pa.Table = ()
) -> duckdb.DuckDBPyConnection:
    """Return a connection that shows the rows as the engine does."""
    con = duckdb.connect()
    for table, rows in ((SPANS, spans), (LOGS, logs)):
        held = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), table.arrow)
        con.register(table.name, held)
    return con


def decoded_capture(capture: str, signal: str) -> pa.Table:
    """Return the rows of one signal of one recorded capture, `folder/scenario`."""
    bodies = [path.read_bytes() for path in sorted(CAPTURES.glob(f"{capture}.{signal}*.pb"))]
    return decode(signal, [Received(Arrival("files", n, START_NS, ""), body) for n, body in enumerate(bodies)])


def evaluate(con: duckdb.DuckDBPyConnection, processor: Processor | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table that the processor (`genai` when not given) writes, by start."""
    tables = (processor or Genai(DIALECTS)).evaluate(con)
    return {
        name: sorted(rows.to_pylist(), key=lambda r: (r.get("start_unix_ns"), r["span_id"]))
        for name, rows in tables.items()
    }


def calls(*spans: Mapping[str, Any], logs: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return the calls that `genai` finds in these spans and logs."""
    return evaluate(connect(spans, logs))["genai_calls"]
