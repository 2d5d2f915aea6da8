"""The stored traffic: who sent it, and what it leaves out that figures need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from otel_cert.doctor.finding import Finding, State
from otel_cert.questions import INSTRUMENTATIONS, ask
from otel_cert.semconv import otel
from otel_cert.semconv.dialect import Dialect, installed
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect

_LACKS = {
    "without_tokens": ("tokens", "input_tokens"),
    "estimated_tokens": ("tokens as the provider counted them", "input_tokens"),
    "without_model": ("a response model", "response_model"),
    "without_content": ("content", "input_messages"),
}
"""Column of the question -> what it counts the lack of, and the field that would hold it."""


def traffic(layout: Layout) -> Iterator[Finding]:
    """Yield findings per instrumentation."""
    with connect(layout.root) as con:
        rows = list(ask(con, INSTRUMENTATIONS).dicts())
    if not rows:
        text = "the store holds no model calls"
        yield Finding("traffic", str(layout.root), State.NOTE, text, "otel-cert serve, or otel-cert import")
    dialects = {d.name: d for d in (*installed(), otel.UNKNOWN)}
    for row in rows:
        yield from _instrumentation(row, dialects.get(row["dialect"], otel.UNKNOWN))


def _instrumentation(row: Mapping[str, Any], dialect: Dialect) -> Iterator[Finding]:
    subject = f"{row['scope_name']} {row['scope_version'] or ''}".strip() or "(no scope)"
    calls = row["calls"]
    yield Finding("traffic", subject, State.OK, f"{_calls(calls)} in dialect {row['dialect']}{_also(row)}")
    for column, (what, field) in _LACKS.items():
        if lacking := row[column]:
            text = f"{_share(lacking, calls)} without {what}"
            yield Finding("traffic", subject, State.WARNING, text, _advice(dialect, field))
    if row["unreadable"]:
        fields = ", ".join(f"{name} ({count:,})" for name, count in sorted(row["unreadable"].items()))
        text = f"sent in a form that could not be read: {fields}"
        step = "SELECT trace_id, span_id, unreadable FROM genai_calls WHERE unreadable IS NOT NULL"
        yield Finding("traffic", subject, State.WARNING, text, f'otel-cert sql "{step}"')
    if dialect.silent_errors and subject.startswith(dialect.silent_errors):
        text = "known to record no span for some failed calls: its error rate is not to be believed"
        yield Finding("traffic", subject, State.WARNING, text, "use a newer instrumentation; see docs/dialects.md")


def _also(row: Mapping[str, Any]) -> str:
    failed = f", {row['failed']:,} failed" if row["failed"] else ""
    return failed + (f"; {row['duplicates']:,} further records of calls, not counted" if row["duplicates"] else "")


def _advice(dialect: Dialect, field: str) -> str:
    """Return how to get a field: the setting where there is one, and the attribute that is missing."""
    attribute = next((s for s in dialect.fields.get(field, ()) if isinstance(s, str)), None)
    missing = f"missing: {attribute}" if attribute else "this instrumentation does not send it"
    return f"{dialect.advice[field]} ({missing})" if field in dialect.advice else missing


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def _share(count: int, of: int) -> str:
    return f"{count:,} of {_calls(of)} ({count / of:.0%})" if of else f"{count:,}"
