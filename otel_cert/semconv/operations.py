"""Operations beside the calls: tools that the application ran, retrievals, agents and workflows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from otel_cert.semconv import terms
from otel_cert.semconv.fields import FIELDS_OF, any_text, number
from otel_cert.semconv.messages import loaded
from otel_cert.semconv.read import Read
from otel_cert.semconv.table import Spans

Rows = list[dict[str, Any]]

_OF_SPANS = (
    "trace_id", "span_id", "parent_span_id", "start_unix_ns", "end_unix_ns", "service_name", "receive_day", "scope_name",
    "status_code",
)  # fmt: skip


def tool_executions(spans: Spans, read: Iterable[Read]) -> Rows:
    """Return the rows of `genai_tool_executions`; a span around another of the same run is none."""
    tools = _rows(spans, read, terms.Kind.TOOL)
    repeated = {_run(row, row["parent_span_id"]) for row in tools if row["parent_span_id"]}
    return [
        {**row, "arguments": row["tool_arguments"], "result": row["tool_result"]}
        for row in tools
        if _run(row, row["span_id"]) not in repeated
    ]


def retrievals(spans: Spans, read: Iterable[Read]) -> Rows:
    """Return the rows of `genai_retrievals`."""
    return [
        {**row, "query": _query(row["retrieval_query"]), "documents": _documents(row["retrieval_documents"])}
        for row in _rows(spans, read, terms.Kind.RETRIEVAL)
    ]


def agent_runs(spans: Spans, read: Iterable[Read]) -> Rows:
    """Return the rows of `genai_agent_runs`; their tokens repeat those of their calls and are not read."""
    return _rows(spans, read, terms.Kind.RUN)


def _rows(spans: Spans, read: Iterable[Read], kind: terms.Kind) -> Rows:
    """Return a row per operation of a kind: what is known of its span, and its fields."""
    found: Rows = []
    fields = FIELDS_OF[kind]
    for item in read:
        if item.kind is kind:
            columns = {name: [spans[name][n] for n in item.numbers] for name in _OF_SPANS}
            columns |= {field: item.column(field) for field in fields}
            for values in zip(*columns.values(), strict=True):
                row = dict(zip(columns, values, strict=True)) | {"operation": item.operation}
                if row["status_code"] == 2 and row["error_type"] is None:
                    row["error_type"] = "_OTHER"
                found.append(row)
    return found


def _run(row: Mapping[str, Any], span_id: str) -> tuple[str, str, str, Any]:
    return row["trace_id"], span_id, row["scope_name"], row["tool_name"]


def _query(sent: str | None) -> str | None:
    """Return the text of a query; some instrumentations send the retriever's arguments as an object."""
    given = loaded(sent)
    return any_text(given.get("query", given)) if isinstance(given, dict) else sent


def _documents(sent: str | None) -> str | None:
    if sent is None:
        return None
    given = orjson.loads(sent)
    documents = given.get("documents") if isinstance(given, dict) else given
    if not isinstance(documents, list):
        return None
    return orjson.dumps([_document(d) for d in documents if isinstance(d, dict)]).decode()


def _document(sent: Mapping[str, Any]) -> dict[str, Any]:
    inner = sent["document"] if isinstance(sent.get("document"), dict) else sent  # OpenInference
    text = next((inner[key] for key in ("text", "content", "page_content") if isinstance(inner.get(key), str)), None)
    return {
        "id": None if inner.get("id") is None else str(inner["id"]),
        "text": text,
        "score": number(inner.get("score")),
        "metadata": loaded(inner.get("metadata")),
    }
