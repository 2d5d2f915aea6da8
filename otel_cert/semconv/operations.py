"""Operations beside the calls: tools that the application ran, retrievals, agents and workflows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from otel_cert.semconv import terms
from otel_cert.semconv.fields import any_text, number
from otel_cert.semconv.messages import loaded
from otel_cert.semconv.read import Read


def tool_executions(read: Iterable[Read]) -> list[dict[str, Any]]:
    """Return the rows of `genai_tool_executions`; a span around another of the same run is none."""
    tools = [item for item in read if item.kind is terms.Kind.TOOL]
    repeated = {_run(item, item.span.parent_span_id) for item in tools if item.span.parent_span_id}
    return [
        _who(item)
        | {
            "tool_name": item.values.get("tool_name"),
            "tool_call_id": item.values.get("tool_call_id"),
            "arguments": item.values.get("tool_arguments"),
            "result": item.values.get("tool_result"),
        }
        for item in tools
        if _run(item, item.span.span_id) not in repeated
    ]


def retrievals(read: Iterable[Read]) -> list[dict[str, Any]]:
    """Return the rows of `genai_retrievals`."""
    return [
        _who(item)
        | {
            "data_source_id": item.values.get("data_source_id"),
            "query": _query(item.values.get("retrieval_query")),
            "documents": _documents(item.values.get("retrieval_documents")),
        }
        for item in read
        if item.kind is terms.Kind.RETRIEVAL
    ]


def agent_runs(read: Iterable[Read]) -> list[dict[str, Any]]:
    """Return the rows of `genai_agent_runs`; their tokens repeat those of their calls and are not read."""
    return [
        _who(item)
        | {"operation": item.operation}
        | {name: item.values.get(name) for name in ("agent_name", "agent_id", "workflow_name", "conversation_id")}
        for item in read
        if item.kind is terms.Kind.RUN
    ]


def _run(item: Read, span_id: str) -> tuple[str, str, str, Any]:
    return item.span.trace_id, span_id, item.span.scope_name, item.values.get("tool_name")


def _who(item: Read) -> dict[str, Any]:
    span = item.span
    error_type = item.values.get("error_type")
    if span.status_code == 2 and error_type is None:
        error_type = "_OTHER"
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "start_unix_ns": span.start_unix_ns,
        "end_unix_ns": span.end_unix_ns,
        "service_name": span.service_name,
        "error_type": error_type,
        "receive_day": span.receive_day,
    }


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
