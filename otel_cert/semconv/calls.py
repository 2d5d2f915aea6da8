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


def calls(records: Columns, between: Between) -> tuple[list[int], Columns]:
    """Make calls of records in their place; return where each call is, by start, and the columns of `genai_duplicates`.

    Most records are of a call of their own; only those that another may repeat are looked at one by one.
    """
    columns = {name: records[name] for name in GENAI_CALLS.names}
    repeats: dict[int, int] = {}
    for together in group(records, _meeting(records), between):
        if len(together) > 1:
            call, *others = _ranked(together, columns)
            _merge(call, others, columns)
            repeats |= {other.place: call.place for other in others}
    starts = columns["start_unix_ns"]
    order = [place for place in sorted(range(len(starts)), key=starts.__getitem__) if place not in repeats]
    duplicates = {name: [column[place] for place in repeats] for name, column in columns.items()}
    duplicates |= {name: [columns[of][place] for place in repeats.values()] for name, of in _BELONGS.items()}
    return order, duplicates


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


def _ranked(together: Iterable[Record], columns: Columns) -> list[Record]:
    """Return the records of a call in order of how much they say.

    One that completes another was sent when more was known, and says more of the answer only; so does one that lies around
    another of its instrumentation.
    """

    def unsaid(item: Record) -> tuple[Any, ...]:
        place = item.place
        unknown = sum([column[place] is None for column in columns.values()])
        return _completes(item), item.around, unknown, columns["duration_ns"][place] or 0, item.row["span_id"]

    return sorted(together, key=unsaid)


def _merge(call: Record, others: Sequence[Record], columns: Columns) -> None:
    """Fill the gaps of the richest record from the others, in its place in the columns.

    What a record says that completes another replaces what the others say: it was sent when more was known. One that lies
    around another of its instrumentation says what became of the answer, not of the call.
    """
    ranked, place = [call, *others], call.place
    changed = _best_tokens(ranked, columns)
    changed["content_state"] = _best_state(columns["content_state"][item.place] for item in ranked)
    changed["request_params"] = max((columns["request_params"][r.place] or "" for r in ranked), key=len) or None
    changed["dedupe_group"] = min(f"{r.row['trace_id']}:{r.row['span_id']}" for r in ranked)
    for other in others:
        completes, at = _completes(other), other.place
        for column in map(columns.__getitem__, _GAPS):
            if (completes or column[place] is None) and column[at] is not None:
                column[place] = column[at]
        ends, own = columns["end_unix_ns"], other.row["scope_name"] == call.row["scope_name"]
        if completes and own and ends[at] > ends[place]:
            ends[place] = ends[at]
            columns["duration_ns"][place] = duration(call.row["start_unix_ns"], ends[place])
    for name, value in changed.items():
        columns[name][place] = value


def _best_tokens(ranked: Sequence[Record], columns: Columns) -> dict[str, Any]:
    """Return the tokens of the record that is to be believed most, with what it leaves out from the others."""
    believed = sorted(
        (r for r in ranked if r.row["tokens_source"] != "missing"),
        key=lambda r: (r.row["tokens_source"] == "estimated", -r.row["authority"]),
    )
    tokens: dict[str, Any] = {"tokens_source": "missing"}
    for name in _TOKENS:
        sent = (columns[name][item.place] for item in believed)
        if (first := next((value for value in sent if value is not None), None)) is not None:
            tokens[name] = first
    return tokens


def _best_state(states: Iterable[str]) -> str:
    found = set(states)
    return next(state for state in ("present", "redacted", "external_ref", "absent") if state in found)


def _completes(item: Record) -> bool:
    return item.row["completes"] is not None
