"""Grouping: which records are of one call.

Two instrumentations of one process record one call twice, nested or side by side, and some record it in two spans. Equal
response ids alone prove nothing, because caches and test servers repeat them: times must overlap and the resource be the
same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otel_cert.semconv.picked import picker

Between = Mapping[tuple[str, str], str]
"""(trace_id, span_id) -> parent_span_id of the spans that may lie between two records."""

_SLACK_NS = 1_000_000
"""Clocks of two instrumentations: one may round to milliseconds."""

_MOST_AT_ONCE = 16
"""A stream is compared with no more than these that were open beside it."""


_KNOWN = (
    "trace_id", "span_id", "parent_span_id", "start_unix_ns", "end_unix_ns", "ended_unix_ns", "resource", "scope_name",
    "provider", "request_model", "response_id", "named", "failed", "streaming", "ttft_s", "tokens_source", "completes",
    "completed_by", "authority", "duration_ns",
)  # fmt: skip
"""Columns of `record.records` that tell which records are of one call, and which of them says more."""


@dataclass(slots=True, eq=False)
class Record:
    """One span that records a call."""

    place: int
    """Where it is in the columns of all."""
    row: dict[str, Any]
    """What tells of which call it is."""
    around: bool = False
    """Lies around another record of its instrumentation, which has what is known of the call."""


def group(columns: Mapping[str, Sequence[Any]], places: Sequence[int], between: Between) -> Iterator[list[Record]]:
    """Yield the records of each call, by start; `between` are the spans that may lie between two records."""
    known = map(picker(places), map(columns.__getitem__, _KNOWN))
    rows = (dict(zip(_KNOWN, values, strict=True)) for values in zip(*known, strict=True))
    groups = Groups(sorted(map(Record, places, rows), key=_start), between)
    _join_completed(groups)
    _join_answers(groups)
    _join_nested(groups)
    _join_streams(groups)
    _join_failures(groups)
    return iter(groups)


class Groups:
    """Records, by start, and which of them are of one call: disjoint sets.

    Most records are of a call of their own: those that may be joined with another are found in one pass over all.
    """

    def __init__(self, records: Sequence[Record], between: Between) -> None:
        self.records = records
        self._between = between
        self._by_span: dict[tuple[str, str], int] = {}
        self._leader = list(range(len(records)))
        self._scopes: dict[int, set[str]] = {}
        self.halves: list[int] = []
        """Records that complete another or are completed."""
        self.answers: dict[str, list[int]] = {}
        """Response id -> the records that have it."""
        self.streamed: list[int] = []
        self.untold: list[int] = []
        """Records without a response id."""
        self.inner: list[int] = []
        """Records that have a parent."""
        for number, item in enumerate(records):
            row = item.row
            self._by_span[row["trace_id"], row["span_id"]] = number
            if (response_id := row["response_id"]) is None:
                self.untold.append(number)
            else:
                self.answers.setdefault(response_id, []).append(number)
            if row["streaming"]:
                self.streamed.append(number)
            if row["parent_span_id"]:
                self.inner.append(number)
            if row["completes"] is not None or row["completed_by"] is not None:
                self.halves.append(number)

    def __iter__(self) -> Iterator[list[Record]]:
        """Yield the records of each call."""
        members: dict[int, list[Record]] = {}
        for number, item in enumerate(self.records):
            members.setdefault(self._find(number), []).append(item)
        return iter(members.values())

    def parent(self, item: Record) -> int | None:
        """Return the number of the record that is the parent span of another."""
        span = item.row
        return self._by_span.get((span["trace_id"], span["parent_span_id"])) if span["parent_span_id"] else None

    def ancestor(self, item: Record) -> int | None:
        """Return the number of the nearest record that another lies below, other spans being between them."""
        trace, parent = item.row["trace_id"], item.row["parent_span_id"]
        passed: set[str] = set()  # ids may be sent in a circle
        while (above := self._between.get((trace, parent))) and parent not in passed:
            passed.add(parent)
            parent = above
        return self._by_span.get((trace, parent)) if passed else None

    def joined(self, one: int, other: int) -> bool:
        """Return whether two records are of one call."""
        return self._find(one) == self._find(other)

    def alone(self, number: int) -> bool:
        """Return whether one scope only recorded the call of a record."""
        return len(self._scopes.get(self._find(number), ())) <= 1

    def join(self, one: int, other: int) -> None:
        """Say that two records are of one call."""
        scopes = self._recorded_by(one) | self._recorded_by(other)
        first, second = sorted((self._find(one), self._find(other)))
        self._scopes[first] = scopes
        self._leader[second] = first

    def _recorded_by(self, number: int) -> set[str]:
        return self._scopes.get(self._find(number)) or {self.records[number].row["scope_name"]}

    def _find(self, number: int) -> int:
        while (leader := self._leader[number]) != number:
            self._leader[number] = self._leader[leader]
            number = leader
        return number


def _join_completed(groups: Groups) -> None:
    """Join spans that complete another of their instrumentation."""
    waiting: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number in groups.halves:
        item = groups.records[number]
        row = item.row
        if (key := row["completed_by"]) is not None:
            waiting[row["resource"], row["scope_name"], key].append(number)
        completes = row["completes"]
        if completes == "parent":
            if (parent := groups.parent(item)) is not None:
                groups.join(parent, number)
        elif completes is not None and (before := waiting[row["resource"], row["scope_name"], completes]):
            # Of several that began before, one of the same parent, else the one that waits longest.
            near = (n for n in before if _siblings(groups.records[n], item))
            taken = next(near, before[0])
            before.remove(taken)
            groups.join(taken, number)


def _join_answers(groups: Groups) -> None:
    """Join overlapping records of one response by different scopes."""
    for same_id in groups.answers.values():
        if len(same_id) < 2:
            continue
        answers: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for number in same_id:
            item = groups.records[number]
            answers[item.row["resource"], _family(item.row["provider"])].append(number)
        for same in answers.values():
            _join_same_answer(groups, same)


def _join_same_answer(groups: Groups, same: Sequence[int]) -> None:
    """Join the n-th record of each scope with the n-th of the others, passing over those that ended before it began.

    A cache may repeat one id thousands of times: every record is compared with few others.
    """
    found: list[int] = []
    ends: list[int] = []
    following: dict[str, int] = defaultdict(int)
    for number in same:
        span = groups.records[number].row
        at = following[span["scope_name"]]
        while at < len(found) and ends[at] + _SLACK_NS < span["start_unix_ns"]:
            at += 1
        following[span["scope_name"]] = at + 1
        if at == len(found):
            found.append(number)
            ends.append(span["ended_unix_ns"])
        else:
            groups.join(found[at], number)
            ends[at] = min(ends[at], span["ended_unix_ns"])


def _join_nested(groups: Groups) -> None:
    """Join a record with its parent when both record the same request; a parent takes one child only.

    A record without tokens may have spans of its instrumentation between it and the record of the request, and may have
    failed where that one did not, or the other way round.
    """
    taken: set[int] = set()
    for number in groups.inner:
        inner = groups.records[number]
        parent = groups.parent(inner)
        near = parent is not None
        if parent is None:
            parent = groups.ancestor(inner)
        if parent is None or parent in taken or groups.joined(parent, number):
            continue
        outer = groups.records[parent]
        wraps = _wraps(outer, inner)
        if not wraps and not (near and outer.row["failed"] == inner.row["failed"]):
            continue
        ids = outer.row["response_id"], inner.row["response_id"]
        if (None in ids or ids[0] == ids[1]) and _same_request(outer, inner) and _contains(outer, inner):
            taken.add(parent)
            groups.join(parent, number)
            outer.around = wraps


def _join_streams(groups: Groups) -> None:
    """Join a stream whose record has no id with the record of its client, best fitting first.

    The one lies around the other. Where it is of the making of the stream only, the client sends the request later, when
    the first chunk is asked for, and events tell until when the stream was open.
    """
    records = groups.records
    clients: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number in groups.streamed:
        span = records[number].row
        clients[span["resource"]][span["scope_name"]].append(number)
    pairs: list[tuple[int, int, int]] = []
    for number in groups.untold:
        outer = records[number]
        if outer.row["streaming"] is False or not groups.alone(number):
            continue
        for scope_name, streams in clients.get(outer.row["resource"], {}).items():
            if scope_name != outer.row["scope_name"]:
                near = _begun_in(records, streams, outer.row)
                pairs += [(_distance(outer, records[n]), number, n) for n in near if _one_stream(outer, records[n])]
    for _, one, other in sorted(pairs):
        if groups.alone(one) and groups.alone(other):
            groups.join(one, other)


def _begun_in(records: Sequence[Record], streams: Sequence[int], span: Mapping[str, Any]) -> Sequence[int]:
    """Return the streams that began while a span, or the stream that it made, was open; of many the likeliest."""

    def start(number: int) -> int:
        return int(records[number].row["start_unix_ns"])

    first = bisect_left(streams, span["start_unix_ns"] - _SLACK_NS, key=start)
    last = bisect_right(streams, span["end_unix_ns"], key=start)
    if span["end_unix_ns"] > span["ended_unix_ns"]:
        return streams[max(first, last - _MOST_AT_ONCE) : last]
    return streams[first : min(last, first + _MOST_AT_ONCE)]


def _join_failures(groups: Groups) -> None:
    """Join failures, which have no id, of different scopes when one lies inside the other; one inner for one outer."""
    waiting: dict[str, list[int]] = defaultdict(list)
    records = groups.records
    for number in groups.untold:
        inner = records[number]
        if not inner.row["failed"] or not groups.alone(number):
            continue
        span = inner.row
        still = [
            n for n in waiting[span["resource"]] if records[n].row["end_unix_ns"] + _SLACK_NS >= span["start_unix_ns"]
        ]
        fitting = [n for n in still if _one_failure(records[n], inner) and groups.alone(n)]
        if fitting:
            still.remove(fitting[-1])
            groups.join(fitting[-1], number)
        else:
            still.append(number)
        waiting[span["resource"]] = still


def _start(item: Record) -> tuple[int, int, str]:
    span = item.row
    return span["start_unix_ns"], -span["ended_unix_ns"], span["span_id"]


def _siblings(one: Record, other: Record) -> bool:
    parent = one.row["parent_span_id"]
    same_trace = one.row["trace_id"] == other.row["trace_id"]
    return bool(parent != "" and parent == other.row["parent_span_id"] and same_trace)


def _one_stream(outer: Record, inner: Record) -> bool:
    around, within = outer.row, inner.row
    if around["end_unix_ns"] > around["ended_unix_ns"]:
        fits = within["end_unix_ns"] + _SLACK_NS >= _first_chunk(outer)
    else:
        fits = inner.row["response_id"] is not None and within["end_unix_ns"] <= around["end_unix_ns"] + _SLACK_NS
    return fits and outer.row["failed"] == inner.row["failed"] and _same_request(outer, inner)


def _distance(outer: Record, inner: Record) -> int:
    """Return by how much the times of two records of a stream differ, ns."""
    around, within = outer.row, inner.row
    if around["end_unix_ns"] > around["ended_unix_ns"]:
        return abs(_first_chunk(outer) - _first_chunk(inner))
    starts, ends = (abs(within[name] - around[name]) for name in ("start_unix_ns", "end_unix_ns"))
    return int(starts + ends)


def _first_chunk(item: Record) -> int:
    """Return when the first chunk came, or what came instead."""
    first = item.row["ttft_s"]
    span = item.row
    return int(span["end_unix_ns"] if first is None else span["start_unix_ns"] + round(first * 1e9))


def _one_failure(outer: Record, inner: Record) -> bool:
    return _distinct(outer, inner) and _same_request(outer, inner) and _contains(outer, inner)


def _family(provider: str | None) -> str | None:
    """One instrumentation knows Azure by its client, the other sees OpenAI."""
    return "openai" if provider == "azure.ai.openai" else provider


def _same_provider(one: str | None, other: str | None) -> bool:
    return None in (one, other) or _family(one) == _family(other)


def _wraps(outer: Record, inner: Record) -> bool:
    """Return whether a record has nothing of the answer and is of the instrumentation that may have it further in."""
    untold = outer.row["tokens_source"] == "missing" and outer.row["response_id"] is None
    return untold and not _distinct(outer, inner)


def _distinct(one: Record, other: Record) -> bool:
    return bool(one.row["scope_name"] != other.row["scope_name"])


def _same_request(one: Record, other: Record) -> bool:
    return (
        one.row["resource"] == other.row["resource"]
        and one.row["named"] == other.row["named"]
        and _same_provider(one.row["provider"], other.row["provider"])
        and _same_model(one.row["request_model"], other.row["request_model"])
    )


def _same_model(one: str | None, other: str | None) -> bool:
    """Compare names of models; some instrumentations cut the region and vendor off."""
    return one is not None and other is not None and (one.endswith(other) or other.endswith(one))


def _contains(outer: Record, inner: Record) -> bool:
    """Return whether one lies inside the other; a stream may outlive the span of its request."""
    around, within = outer.row, inner.row
    if around["start_unix_ns"] > within["start_unix_ns"] + _SLACK_NS:
        return False
    inside = within["start_unix_ns"] if outer.row["streaming"] else within["ended_unix_ns"]
    return bool(around["end_unix_ns"] + _SLACK_NS >= inside)
