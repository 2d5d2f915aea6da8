"""Calls: of the records of one call the one that says most, its gaps filled from the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv.grouping import group
from otel_cert.semconv.record import Record, duration
from otel_cert.semconv.span import Span

_TOKENS = (
    "input_tokens_total", "cache_read_tokens", "cache_write_tokens", "output_tokens_total", "reasoning_tokens",
    "cache_write_1h_tokens", "input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens",
    "tokens_source",
)  # fmt: skip
_ERROR = ("error_type", "error_class", "http_status", "error_message")
_OWN = frozenset(
    ("trace_id", "span_id", "parent_span_id", "start_unix_ns", "end_unix_ns", "duration_ns", "receive_day", "scope_name",
     "scope_version", "dialect", "unreadable", "link", "content_state", *_ERROR, *_TOKENS)
)  # fmt: skip
"""Columns that say something of the record itself, or are taken from another in their own way."""
_BELONGS = {"call_trace_id": "trace_id", "call_span_id": "span_id", "dedupe_group": "dedupe_group"}


@dataclass(slots=True, eq=False)
class Call:
    """One call: its row, and the records that repeat it."""

    row: dict[str, Any]
    duplicates: list[Record]


def calls(records: Iterable[Record], between: Iterable[Span] = ()) -> Iterator[Call]:
    """Yield the calls that the records are of, by start; `between` are the spans that may lie between two records."""
    return map(_merged, group(records, between))


def duplicates(call: Call) -> list[dict[str, Any]]:
    """Return the rows of `genai_duplicates`: the other records of a call, with what they say of it but the content."""
    if not call.duplicates:
        return []
    belongs = {name: call.row[column] for name, column in _BELONGS.items()}
    return [{**item.row, **belongs} for item in call.duplicates]


def _merged(together: Sequence[Record]) -> Call:
    """Return the richest record's row with its gaps filled from the others, in order of how much they say.

    What a record says that completes another replaces what the others say: it was sent when more was known. One that lies
    around another of its instrumentation says what became of the answer, not of the call.
    """
    if len(together) == 1:
        return Call(together[0].row, [])
    ranked = sorted(
        together,
        key=lambda r: (_completes(r), r.around, _unknown(r), r.row["duration_ns"] or 0, r.row["span_id"]),
    )
    row = dict(ranked[0].row)
    for other in ranked[1:]:
        completes = _completes(other)
        for name, value in other.row.items():
            if value is not None and name not in _OWN and (completes or row.get(name) is None):
                row[name] = value
        own = other.row["scope_name"] == row["scope_name"]
        if completes and own and other.row["end_unix_ns"] > row["end_unix_ns"]:
            row["end_unix_ns"] = other.row["end_unix_ns"]
            row["duration_ns"] = duration(row["start_unix_ns"], row["end_unix_ns"])
    row.update(_best_tokens(ranked))
    row["content_state"] = _best_state(ranked)
    row["request_params"] = max((r.row["request_params"] or "" for r in ranked), key=len) or None
    row["dedupe_group"] = min(f"{r.row['trace_id']}:{r.row['span_id']}" for r in together)
    return Call(row, ranked[1:])


def _best_tokens(ranked: Sequence[Record]) -> dict[str, Any]:
    """Return the tokens of the record that is to be believed most, with what it leaves out from the others."""
    believed = sorted(
        (r for r in ranked if r.row["tokens_source"] != "missing"),
        key=lambda r: (r.row["tokens_source"] == "estimated", -r.read.dialect.authority),
    )
    tokens: dict[str, Any] = {"tokens_source": "missing"}
    for item in reversed(believed):
        tokens.update((name, item.row[name]) for name in _TOKENS if item.row[name] is not None)
    return tokens


def _best_state(ranked: Iterable[Record]) -> str:
    states = {r.row["content_state"] for r in ranked}
    return next(state for state in ("present", "redacted", "external_ref", "absent") if state in states)


def _completes(item: Record) -> bool:
    return "completes" in item.read.values


def _unknown(item: Record) -> int:
    return [*map(item.row.get, GENAI_CALLS.names)].count(None)
