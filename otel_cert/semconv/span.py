"""What a dialect sees of one span: attributes as plain values, its events, and the log records sent for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from otel_cert.semconv.anyvalue import plain, plain_all

_LITERAL_CHARACTERS = 1 << 20
"""Longer Python literals are not read: parsing them takes a hundred times their size in memory."""

_WORD = re.compile("""'[^']*'|"[^"]*"|True|False|None""")
_JSON_WORDS = {"True": "true", "False": "false", "None": "null"}

_LONGEST_NS = 3_600_000_000_000
"""Events come later than this after a span's end by a fault of the sender only."""

ADDED = "otel_cert.added"
"""Attribute of a span that another otel-cert sent on, enriched: the conventions' attributes that it added."""

_MISSING = object()

_ROWS = 1024
"""Rows whose attributes are made at once: their objects fit into the processor's cache."""

_FAULTS = (ValueError, SyntaxError, TypeError, RecursionError, MemoryError)
"""What parsing may raise."""


@dataclass(slots=True, eq=False)
class Event:
    """An event of a span, or a log record sent for it; `body` is NULL for the former."""

    name: str
    unix_ns: int
    attributes: Mapping[str, Any]
    body: Any = None


@dataclass(slots=True, eq=False)
class Span:
    """One span that may record a GenAI operation."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    start_unix_ns: int
    end_unix_ns: int
    status_code: int | None
    status_message: str | None
    scope_name: str
    scope_version: str | None
    service_name: str | None
    service_version: str | None
    environment: str | None
    resource: str
    """A digest of all resource attributes: equal for spans of one process."""
    receive_day: int
    """Days since 1970."""
    content_hash: int
    """Tells spans apart that were sent with the same ids."""
    attributes: Mapping[str, Any]
    """Plain values: text, int, float, bool, bytes as base64 text, list, dict, None."""
    events: Sequence[Event] = ()
    logs: Sequence[Event] = ()
    _parsed: dict[str, Any] = field(default_factory=dict, init=False)

    @property
    def until_unix_ns(self) -> int:
        """The end, or the last event where that is later: some spans record only the making of a stream."""
        end = self.end_unix_ns
        if not self.events:
            return end
        return max((e.unix_ns for e in self.events if end < e.unix_ns < end + _LONGEST_NS), default=end)

    def json(self, attribute: str) -> Any:
        """Return the value of an attribute that holds JSON as text, or structured; None when it is neither."""
        return self._parse(attribute, orjson.loads)

    def literal(self, attribute: str) -> Any:
        """Return the value of an attribute that holds a Python literal as text; None when it does not."""
        return self._parse(attribute, literal_value)

    def _parse(self, attribute: str, parse: Callable[[str], Any]) -> Any:
        parsed = self._parsed.get(attribute, _MISSING)
        if parsed is _MISSING:
            parsed = self.attributes.get(attribute)
            if isinstance(parsed, str):
                try:
                    parsed = parse(parsed)
                except _FAULTS:
                    parsed = None
            self._parsed[attribute] = parsed
        return parsed


def literal_value(text: str) -> Any:
    """Parse a Python literal: as JSON, many times as quick, when its strings have nothing escaped."""
    if len(text) > _LITERAL_CHARACTERS:
        return None
    if "\\" not in text:
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(_WORD.sub(_json_word, text))
    value = ast.literal_eval(text)
    if "\\u" in text:
        orjson.dumps(value, default=str)  # raises over half a surrogate pair, which no column can hold
    return value


def spoken(text: str) -> Any:
    """Return the object or list that a Python literal says; other text as it is."""
    try:
        value = literal_value(text)
    except _FAULTS:
        return text
    return value if isinstance(value, dict | list) else text


def _json_word(match: re.Match[str]) -> str:
    word = match[0]
    return _JSON_WORDS.get(word) or '"' + word[1:-1].replace('"', '\\"') + '"'


ATTRIBUTES_SQL = "map_keys({0}attributes) AS keys, map_values({0}attributes) AS texts, {0}attribute_types AS types"
"""The columns that `attributes` reads; DuckDB gives no Arrow map when a key is repeated, which senders may do."""

SPANS_SQL = f"""SELECT trace_id, span_id, parent_span_id, name, start_unix_ns, end_unix_ns, status_code, status_message,
    coalesce(scope_name, '') AS scope_name, scope_version, service_name,
    resource_attributes['service.version'] AS service_version,
    coalesce(resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment'])
        AS environment,
    hash(resource_attributes::VARCHAR)::VARCHAR AS resource, receive_day - DATE '1970-01-01' AS receive_day,
    content_hash, {ATTRIBUTES_SQL.format("")},
    CASE WHEN len(events) > 0 THEN list_transform(events, lambda e: {{'name': e.name, 'unix_ns': e.unix_ns,
        'keys': map_keys(e.attributes), 'texts': map_values(e.attributes), 'types': e.attribute_types}}) END AS events
FROM spans"""
"""Reads the columns of `spans`."""

LOGS_SQL = f"""SELECT trace_id, span_id, coalesce(nullif(event_name, ''), attributes['event.name'], '') AS name, unix_ns,
    body, body_type, {ATTRIBUTES_SQL.format("")}
FROM logs"""
"""Reads the columns of `logs`."""

_COLUMNS = (
    "trace_id", "span_id", "parent_span_id", "name", "start_unix_ns", "end_unix_ns", "status_code", "status_message",
    "scope_name", "scope_version", "service_name", "service_version", "environment", "resource", "receive_day",
    "content_hash",
)  # fmt: skip


def spans(rows: pa.Table, logs: pa.Table) -> Iterator[Span]:
    """Return the spans of rows as `SPANS_SQL` selects them, each with its own of the rows of `LOGS_SQL`.

    Of different spans with the same ids the last to end is taken.
    """
    found = list(_spans(rows))
    latest = {(span.trace_id, span.span_id): span for span in found}
    if len(latest) < len(found):
        for span in found:
            known = latest[span.trace_id, span.span_id]
            if (known.end_unix_ns, known.content_hash) < (span.end_unix_ns, span.content_hash):
                latest[span.trace_id, span.span_id] = span
    for ids, sent in _logs(logs).items():
        if ids in latest:
            latest[ids].logs = sent
    return iter(latest.values())


def _spans(rows: pa.Table) -> Iterator[Span]:
    make: Callable[..., Span] = Span
    columns = (rows[name].to_pylist() for name in _COLUMNS)
    attributes = (_as_sent(given) if ADDED in given else given for given in _attributes(rows))
    return map(make, *columns, attributes, _events(rows["events"]))


def _as_sent(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes without what an otel-cert in line before added: it would look like another dialect's."""
    added = attributes[ADDED]
    left_out = {name for name in added if isinstance(name, str)} if isinstance(added, list) else set()
    return {name: value for name, value in attributes.items() if name not in left_out}


def _events(rows: pa.ChunkedArray) -> Iterator[Sequence[Event]]:
    """Yield the events of each row."""
    flat = pa.Table.from_struct_array(rows.combine_chunks().flatten())
    happened = map(
        Event, flat["name"].fill_null("").to_pylist(), flat["unix_ns"].fill_null(0).to_pylist(), _attributes(flat)
    )
    return (list(islice(happened, length)) if length else () for length in pc.list_value_length(rows).to_pylist())


def _logs(rows: pa.Table) -> dict[tuple[str, str], list[Event]]:
    found: dict[tuple[str, str], list[Event]] = {}
    columns = (rows[name].to_pylist() for name in ("trace_id", "span_id", "name", "unix_ns", "body", "body_type"))
    for trace_id, span_id, name, unix_ns, body, code, attributes in zip(*columns, _attributes(rows), strict=True):
        event = Event(name, unix_ns, attributes, None if body is None else plain(code or "s", body))
        found.setdefault((trace_id, span_id), []).append(event)
    return found


def _attributes(rows: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the attributes of each row; what is done for all rows at once takes the least time."""
    for batch in rows.select(["keys", "texts", "types"]).to_batches(_ROWS):
        lengths = batch["keys"].value_lengths().fill_null(0).to_pylist()
        codes = "".join(map(str.ljust, batch["types"].fill_null("").to_pylist(), lengths, repeat("s")))
        coded = batch["keys"].flatten().dictionary_encode()
        names = np.array(coded.dictionary.to_pylist(), object)  # one object per name, whose hash is computed once
        keys = names[coded.indices].tolist()
        values = batch["texts"].flatten().to_pylist()
        plain_all(codes, values)
        pairs = zip(keys, values, strict=True)
        found = [dict(islice(pairs, length)) for length in lengths]
        if sum(map(len, found)) < len(keys):  # the first of a repeated key counts, as in SQL
            pairs = zip(keys, values, strict=True)
            found = [_first(list(islice(pairs, length))) for length in lengths]
        yield from found


def _first(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs) | dict(reversed(pairs))
