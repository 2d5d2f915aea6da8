"""Calls: of the records of one call the one that says most, its gaps filled from the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv.grouping import Between, Record, group
from otel_cert.semconv.read import Read
from otel_cert.semconv.record import Columns, duration
from otel_cert.semconv.table import Spans

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
_GAPS = tuple(name for name in GENAI_CALLS.names if name not in _OWN)
_BELONGS = {"call_trace_id": "trace_id", "call_span_id": "span_id", "dedupe_group": "dedupe_group"}


def calls(records: Columns, between: Between) -> tuple[Columns, list[int], list[dict[str, Any]]]:
    """Return the columns of `genai_calls`, where in them each call is, by start, and the rows of `genai_duplicates`.

    Most records are of a call of their own; only those that another may repeat are looked at one by one.
    """
    columns = {name: records[name] for name in GENAI_CALLS.names}
    duplicates: list[dict[str, Any]] = []
    repeats: set[int] = set()
    for together in group((_record(records, place) for place in _meeting(records)), between):
        if len(together) == 1:
            continue
        call, *others = _ranked(together)
        row = _merged(call, others)
        for name, column in columns.items():
            column[call.place] = row[name]
        repeats |= {other.place for other in others}
        belongs = {name: row[column] for name, column in _BELONGS.items()}
        duplicates += [{**other.row, **belongs} for other in others]
    starts = columns["start_unix_ns"]
    order = [place for place in sorted(range(len(starts)), key=starts.__getitem__) if place not in repeats]
    return columns, order, duplicates


def between(spans: Spans, read: Iterable[Read], records: Columns) -> Between:
    """Return the spans that record no call and may lie between two that do."""
    called, traces = set(records["number"]), Counter(records["trace_id"])
    ids = [spans[name] for name in ("trace_id", "span_id", "parent_span_id")]
    others = (n for item in read for n in item.numbers if n not in called)
    told = (tuple(column[n] for column in ids) for n in others)
    return {(trace_id, span_id): parent for trace_id, span_id, parent in told if traces[trace_id] > 1}


def _meeting(records: Columns) -> list[int]:
    """Return the records that may be of the call of another one.

    That one completes it, lies in its trace, or is of the same process and another scope.
    """
    traces = Counter(records["trace_id"])
    scopes: dict[str, set[str]] = defaultdict(set)
    for resource, scope_name in set(zip(records["resource"], records["scope_name"], strict=True)):
        scopes[resource].add(scope_name)
    known = zip(*(records[name] for name in ("trace_id", "resource", "completes", "completed_by")), strict=True)
    return [
        place
        for place, (trace_id, resource, completes, completed_by) in enumerate(known)
        if traces[trace_id] > 1 or len(scopes[resource]) > 1 or completes is not None or completed_by is not None
    ]


def _record(records: Columns, place: int) -> Record:
    return Record(place, {name: column[place] for name, column in records.items()})


def _ranked(together: Iterable[Record]) -> list[Record]:
    """Return the records of a call in order of how much they say.

    One that completes another was sent when more was known, and says more of the answer only; so does one that lies around
    another of its instrumentation.
    """
    return sorted(
        together,
        key=lambda r: (_completes(r), r.around, _unknown(r), r.row["duration_ns"] or 0, r.row["span_id"]),
    )


def _merged(call: Record, others: Sequence[Record]) -> dict[str, Any]:
    """Return the richest record's row with its gaps filled from the others.

    What a record says that completes another replaces what the others say: it was sent when more was known. One that lies
    around another of its instrumentation says what became of the answer, not of the call.
    """
    row = dict(call.row)
    for other in others:
        completes = _completes(other)
        for name in _GAPS:
            value = other.row[name]
            if value is not None and (completes or row[name] is None):
                row[name] = value
        own = other.row["scope_name"] == row["scope_name"]
        if completes and own and other.row["end_unix_ns"] > row["end_unix_ns"]:
            row["end_unix_ns"] = other.row["end_unix_ns"]
            row["duration_ns"] = duration(row["start_unix_ns"], row["end_unix_ns"])
    ranked = [call, *others]
    row.update(_best_tokens(ranked))
    row["content_state"] = _best_state(ranked)
    row["request_params"] = max((r.row["request_params"] or "" for r in ranked), key=len) or None
    row["dedupe_group"] = min(f"{r.row['trace_id']}:{r.row['span_id']}" for r in ranked)
    return row


def _best_tokens(ranked: Sequence[Record]) -> dict[str, Any]:
    """Return the tokens of the record that is to be believed most, with what it leaves out from the others."""
    believed = sorted(
        (r for r in ranked if r.row["tokens_source"] != "missing"),
        key=lambda r: (r.row["tokens_source"] == "estimated", -r.row["authority"]),
    )
    tokens: dict[str, Any] = {"tokens_source": "missing"}
    for item in reversed(believed):
        tokens.update((name, item.row[name]) for name in _TOKENS if item.row[name] is not None)
    return tokens


def _best_state(ranked: Iterable[Record]) -> str:
    states = {r.row["content_state"] for r in ranked}
    return next(state for state in ("present", "redacted", "external_ref", "absent") if state in states)


def _completes(item: Record) -> bool:
    return item.row["completes"] is not None


def _unknown(item: Record) -> int:
    return [*map(item.row.get, GENAI_CALLS.names)].count(None)
