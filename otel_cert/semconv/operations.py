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

Columns = dict[str, list[Any]]

_OF_SPANS = (
    "trace_id", "span_id", "parent_span_id", "start_unix_ns", "end_unix_ns", "service_name", "receive_day", "scope_name",
    "status_code",
)  # fmt: skip


def tool_executions(spans: Spans, read: Iterable[Read]) -> Columns:
    """Return the columns of `genai_tool_executions`; a span around another of the same run is none."""
    tools = _columns(spans, read, terms.Kind.TOOL)
    runs, around = (
        list(zip(*map(tools.__getitem__, ("trace_id", of, "scope_name", "tool_name")), strict=True))
        for of in ("span_id", "parent_span_id")
    )
    repeated = {run for run, parent in zip(around, tools["parent_span_id"], strict=True) if parent}
    places = [place for place, run in enumerate(runs) if run not in repeated]
    tools |= {"arguments": tools["tool_arguments"], "result": tools["tool_result"]}
    return {name: [column[place] for place in places] for name, column in tools.items()}


def retrievals(spans: Spans, read: Iterable[Read]) -> Columns:
    """Return the columns of `genai_retrievals`."""
    found = _columns(spans, read, terms.Kind.RETRIEVAL)
    queries, documents = found["retrieval_query"], found["retrieval_documents"]
    return found | {"query": list(map(_query, queries)), "documents": list(map(_documents, documents))}


def agent_runs(spans: Spans, read: Iterable[Read]) -> Columns:
    """Return the columns of `genai_agent_runs`; their tokens repeat those of their calls and are not read."""
    return _columns(spans, read, terms.Kind.RUN)


def _columns(spans: Spans, read: Iterable[Read], kind: terms.Kind) -> Columns:
    """Return what is known of the spans of the operations of a kind, and their fields."""
    fields = FIELDS_OF[kind]
    found: Columns = {name: [] for name in (*fields, "operation")}
    numbers: list[int] = []
    for item in read:
        if item.kind is kind:
            numbers += item.numbers
            found["operation"] += [item.operation] * len(item.numbers)
            for name in fields:
                found[name] += item.column(name)
    found |= {name: [spans[name][n] for n in numbers] for name in _OF_SPANS}
    told = zip(found["status_code"], found["error_type"], strict=True)
    found["error_type"] = ["_OTHER" if code == 2 and sent is None else sent for code, sent in told]
    return found


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
