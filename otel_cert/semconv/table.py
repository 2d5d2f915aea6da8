"""The table of spans that may record GenAI operations, and its batches: spans of one form, each attribute a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otel_cert.semconv.anyvalue import plain, plain_column
from otel_cert.semconv.attributes import ATTRIBUTES_SQL, Attributes, Stored
from otel_cert.semconv.span import ADDED, Event, Span

_LONGEST_NS = 3_600_000_000_000
"""Events come later than this after a span's end by a fault of the sender only."""

SPANS_SQL = f"""SELECT trace_id, span_id, parent_span_id, name, start_unix_ns, end_unix_ns, status_code, status_message,
    coalesce(scope_name, '') AS scope_name, scope_version, service_name,
    resource_attributes['service.version'] AS service_version,
    coalesce(resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment'])
        AS environment,
    hash(resource_attributes)::VARCHAR AS resource, receive_day - DATE '1970-01-01' AS receive_day,
    content_hash, {ATTRIBUTES_SQL.format("")},
    CASE WHEN len(events) > 0 THEN list_transform(events, lambda e: {{'name': e.name, 'unix_ns': e.unix_ns,
        'keys': map_keys(e.attributes), 'texts': map_values(e.attributes), 'types': e.attribute_types}}) END AS events
FROM spans"""
"""Reads the columns of `spans`."""

LOGS_SQL = f"""SELECT trace_id, span_id, coalesce(nullif(event_name, ''), attributes['event.name'], '') AS name, unix_ns,
    body, body_type, {ATTRIBUTES_SQL.format("")}
FROM logs"""
"""Reads the columns of `logs`."""

_SEEN = ("name", "start_unix_ns", "end_unix_ns", "status_code", "scope_name", "scope_version")
"""What a dialect sees of a span beside its attributes."""

_FEW = frozenset(("name", "scope_name", "scope_version", "service_name", "service_version", "environment", "resource"))
"""Columns that have few different values: each becomes one object."""

_COLUMNS = (
    *_SEEN, "trace_id", "span_id", "parent_span_id", "status_message", "service_name", "service_version", "environment",
    "resource", "receive_day", "content_hash",
)  # fmt: skip


class Spans:
    """Rows as `SPANS_SQL` selects them, each with its own of the rows of `LOGS_SQL`; a span is known by its number.

    Of different spans with the same ids the last to end is taken.
    """

    def __init__(self, rows: pa.Table, logs: pa.Table) -> None:
        self._attributes = Stored(rows)
        self._columns = {name: (_few if name in _FEW else pa.ChunkedArray.to_pylist)(rows[name]) for name in _COLUMNS}
        self._events = _events(rows["events"])
        numbers = self._latest()
        self._logs = {numbers[ids]: sent for ids, sent in _logs(logs).items() if ids in numbers}
        self._numbers = numbers.values()

    def __getitem__(self, name: str) -> list[Any]:
        """Return a column of `Span`."""
        return self._columns[name]

    @cached_property
    def until_unix_ns(self) -> list[int]:
        """The end of each, or its last event where that is later: some record only the making of a stream."""
        until = list(self["end_unix_ns"])
        for number, happened in self._events.items():
            end = until[number]
            until[number] = max((e.unix_ns for e in happened if end < e.unix_ns < end + _LONGEST_NS), default=end)
        return until

    def batches(self) -> Iterator[Batch]:
        """Yield the spans by form: their scope, the names and types of their attributes, whether there is more."""
        stored, scopes = self._attributes, self["scope_name"]
        shapes, codes = list(stored.shapes()), stored.codes
        forms: dict[Any, list[int]] = defaultdict(list)
        for n in self._numbers:
            forms[shapes[n], scopes[n], codes[n], n in self._events, n in self._logs].append(n)
        for ((shape, _, coded, *_), numbers), texts in zip(forms.items(), stored.texts(forms.values()), strict=True):
            yield from Batch(self, numbers, stored.places(shape), coded, texts).as_sent()

    def spans(self, numbers: Sequence[int], attributes: Iterable[Mapping[str, Any]]) -> list[Span]:
        """Return spans as dialects see them."""
        columns = (self.field(name, numbers) for name in _SEEN)
        make: Callable[..., Span] = Span
        return list(map(make, *columns, attributes, self.field("events", numbers), self.field("logs", numbers)))

    def field(self, name: str, numbers: Sequence[int]) -> list[Any]:
        """Return a field of `Span` other than attributes, of some spans."""
        if (held := {"events": self._events, "logs": self._logs}.get(name)) is not None:
            return [held.get(n, ()) for n in numbers]
        column = self._columns[name]
        return [column[n] for n in numbers]

    def has_events(self, number: int) -> bool:
        """Return whether a span has events."""
        return number in self._events

    def has_logs(self, number: int) -> bool:
        """Return whether log records were sent for a span."""
        return number in self._logs

    def _latest(self) -> dict[tuple[str, str], int]:
        """Return the number of the span of each ids."""
        ends, hashes = self["end_unix_ns"], self["content_hash"]
        ids = list(zip(self["trace_id"], self["span_id"], strict=True))
        numbers = dict(zip(ids, range(len(ids)), strict=True))
        if len(numbers) < len(ids):
            for number, known in enumerate(ids):
                latest = numbers[known]
                if (ends[latest], hashes[latest]) < (ends[number], hashes[number]):
                    numbers[known] = number
        return numbers


class Batch:
    """Spans that have the same scope and attributes of the same names and types, so that an attribute is a column."""

    def __init__(
        self,
        table: Spans,
        numbers: Sequence[int],
        names: Mapping[str, int],
        codes: str,
        texts: list[Any],
    ) -> None:
        self._table = table
        self.numbers = numbers
        self.names = names
        """Name of an attribute -> its place among those of a span."""
        self._codes = codes
        self._texts = texts
        """All attributes of one span after those of another."""
        self._width = len(texts) // len(numbers)
        self.scope_name: str = table["scope_name"][numbers[0]]
        self.events, self.logs = table.has_events(numbers[0]), table.has_logs(numbers[0])

    def __len__(self) -> int:
        """Return how many spans there are."""
        return len(self.numbers)

    def attribute(self, name: str) -> list[Any] | None:
        """Return the plain values of an attribute; None where it is not there."""
        place = self.names.get(name)
        if place is None:
            return None
        return plain_column(self._codes[place : place + 1] or "s", self._texts[place :: self._width])

    def beside(self, field: str) -> list[Any]:
        """Return a field of `Span` other than attributes."""
        return self._table.field(field, self.numbers)

    def spans(self) -> list[Span]:
        """Return the spans as dialects see them."""
        width, codes, names, texts = self._width, self._codes, self.names, self._texts
        rows = (texts[width * n : width * (n + 1)] for n in range(len(self)))
        return self._table.spans(self.numbers, [Attributes(names, codes, row) for row in rows])

    def part(self, places: Sequence[int]) -> Batch:
        """Return a batch of some of the spans."""
        return self._chosen(places, self.names)

    def as_sent(self) -> Iterator[Batch]:
        """Yield the batch without what an otel-cert in line before added: it would look like another dialect's."""
        if ADDED not in self.names:
            yield self
            return
        for place, added in enumerate(self.attribute(ADDED) or ()):
            left_out = {name for name in added if isinstance(name, str)} if isinstance(added, list) else set()
            yield self._chosen([place], {name: at for name, at in self.names.items() if name not in left_out})

    def _chosen(self, places: Sequence[int], names: Mapping[str, int]) -> Batch:
        width = self._width
        texts = [text for place in places for text in self._texts[place * width : (place + 1) * width]]
        return Batch(self._table, [self.numbers[place] for place in places], names, self._codes, texts)


def _few(column: pa.ChunkedArray) -> list[Any]:
    coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    found: list[Any] = np.array(coded.dictionary.to_pylist(), object)[coded.indices.to_numpy()].tolist()
    return found


def _events(rows: pa.ChunkedArray) -> dict[int, list[Event]]:
    """Return the events of each row that has some."""
    flat = pa.Table.from_struct_array(rows.combine_chunks().flatten())
    happened = map(
        Event, flat["name"].fill_null("").to_pylist(), flat["unix_ns"].fill_null(0).to_pylist(), Stored(flat)
    )
    lengths = enumerate(pc.list_value_length(rows).to_pylist())
    return {number: list(islice(happened, length)) for number, length in lengths if length}


def _logs(rows: pa.Table) -> dict[tuple[str, str], list[Event]]:
    found: dict[tuple[str, str], list[Event]] = {}
    columns = (rows[name].to_pylist() for name in ("trace_id", "span_id", "name", "unix_ns", "body", "body_type"))
    for trace_id, span_id, name, unix_ns, body, code, attributes in zip(*columns, Stored(rows), strict=True):
        event = Event(name, unix_ns, attributes, None if body is None else plain(code or "s", body))
        found.setdefault((trace_id, span_id), []).append(event)
    return found
