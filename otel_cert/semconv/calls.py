"""Calls: of the records of one call the one that says most, its gaps filled from the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv.grouping import Between, Record, group
from otel_cert.semconv.picked import picker
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
     "scope_version", "dialect", "unreadable", "link", "content_state", "request_params", "dedupe_group", *_ERROR, *_TOKENS)
)  # fmt: skip
"""Columns that say something of the record itself, or are taken from another in their own way."""
_STATES = ("present", "redacted", "external_ref", "absent")
_GAPS = tuple(name for name in GENAI_CALLS.names if name not in _OWN)
_BELONGS = {"call_trace_id": "trace_id", "call_span_id": "span_id", "dedupe_group": "dedupe_group"}


def calls(records: Columns, between: Between) -> tuple[list[int], Columns]:
    """Make calls of records in their place; return where each call is, by start, and the columns of `genai_duplicates`.

    Most records are of a call of their own; only those that another may repeat are looked at one by one.
    """
    columns = {name: records[name] for name in GENAI_CALLS.names}
    meeting = _meeting(records)
    repeated = [together for together in group(records, meeting, between) if len(together) > 1]
    places = [item.place for together in repeated for item in together]
    unknown = dict(zip(places, _unknown(columns, places), strict=True))
    repeated = [_ranked(together, unknown) for together in repeated]
    _fill_gaps(repeated, columns)
    _take_best_tokens(repeated, columns)
    for together in repeated:
        _merge(together, columns)
    belongs = {other.place: call.place for call, *others in repeated for other in others}
    starts = columns["start_unix_ns"]
    order = [place for place in sorted(range(len(starts)), key=starts.__getitem__) if place not in belongs]
    pick = picker([*belongs])
    duplicates = {name: pick(column) for name, column in columns.items()}
    duplicates |= {name: [columns[of][place] for place in belongs.values()] for name, of in _BELONGS.items()}
    return order, duplicates


def between(spans: Spans, read: Iterable[Read], records: Columns) -> Between:
    """Return the spans that record no call and may lie between two that do."""
    called = set(records["number"])
    shared = {trace_id for trace_id, count in Counter(records["trace_id"]).items() if count > 1}
    trace_ids, span_ids, parents = (spans[name] for name in ("trace_id", "span_id", "parent_span_id"))
    others = (n for item in read for n in item.numbers if trace_ids[n] in shared and n not in called)
    return {(trace_ids[n], span_ids[n]): parents[n] for n in others}


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


def _unknown(columns: Columns, places: Sequence[int]) -> Iterable[int]:
    """Return how much each record leaves out; column by column, as below, since what lies together is read quickly."""
    pick = picker(places)
    return map(sum, zip(*([value is None for value in pick(column)] for column in columns.values()), strict=True))


def _ranked(together: Iterable[Record], unknown: Mapping[int, int]) -> list[Record]:
    """Return the records of a call in order of how much they say.

    One that completes another was sent when more was known, and says more of the answer only; so does one that lies around
    another of its instrumentation.
    """
    return sorted(
        together,
        key=lambda r: (_completes(r), r.around, unknown[r.place], r.row["duration_ns"] or 0, r.row["span_id"]),
    )


def _fill_gaps(repeated: Iterable[Sequence[Record]], columns: Columns) -> None:
    """Fill the gaps of the richest record of each call from the others.

    What a record says that completes another replaces what the others say: it was sent when more was known.
    """
    pairs = [(call.place, other.place, _completes(other)) for call, *others in repeated for other in others]
    for column in map(columns.__getitem__, _GAPS):
        for place, other, completes in pairs:
            if (completes or column[place] is None) and column[other] is not None:
                column[place] = column[other]


def _take_best_tokens(repeated: Iterable[Sequence[Record]], columns: Columns) -> None:
    """Take the tokens of the record that is to be believed most, and what it leaves out from the others."""
    believed = [(together[0].place, _believed(together)) for together in repeated]
    for column in map(columns.__getitem__, _TOKENS):
        for place, told in believed:
            for other in told:
                if column[other] is not None:
                    column[place] = column[other]
                    break


def _believed(together: Iterable[Record]) -> list[int]:
    """Return where the records of a call are that have tokens, the one to be believed most first."""
    told = [r for r in together if r.row["tokens_source"] != "missing"]
    told.sort(key=lambda r: (r.row["tokens_source"] == "estimated", -r.row["authority"]))
    return [r.place for r in told]


def _merge(together: Sequence[Record], columns: Columns) -> None:
    """Write the rest of what the records of a call say together in the place of the richest."""
    call, *others = together
    place, ends = call.place, columns["end_unix_ns"]
    states, parameters = ([columns[name][r.place] for r in together] for name in ("content_state", "request_params"))
    columns["content_state"][place] = next(state for state in _STATES if state in states)
    columns["request_params"][place] = max((sent or "" for sent in parameters), key=len) or None
    columns["dedupe_group"][place] = min(f"{r.row['trace_id']}:{r.row['span_id']}" for r in together)
    for other in others:
        # The second record of one instrumentation says when the answer ended; another's says it of its own part only.
        own = other.row["scope_name"] == call.row["scope_name"]
        if own and _completes(other) and ends[other.place] > ends[place]:
            ends[place] = ends[other.place]
            columns["duration_ns"][place] = duration(call.row["start_unix_ns"], ends[place])


def _completes(item: Record) -> bool:
    return item.row["completes"] is not None
