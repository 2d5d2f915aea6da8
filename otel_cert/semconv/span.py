"""What a dialect sees of one span: attributes as plain values, its events, and the log records sent for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

_LITERAL_CHARACTERS = 1 << 20
"""Longer Python literals are not read: parsing them takes a hundred times their size in memory."""

_WORD = re.compile("""'[^']*'|"[^"]*"|True|False|None""")
_JSON_WORDS = {"True": "true", "False": "false", "None": "null"}

ADDED = "otel_cert.added"
"""Attribute of a span that another otel-cert sent on, enriched: the conventions' attributes that it added."""

_MISSING = object()

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

    name: str
    start_unix_ns: int
    end_unix_ns: int
    status_code: int | None
    scope_name: str
    scope_version: str | None
    attributes: Mapping[str, Any]
    """Plain values: text, int, float, bool, bytes as base64 text, list, dict, None."""
    events: Sequence[Event] = ()
    logs: Sequence[Event] = ()
    _parsed: dict[str, Any] = field(default_factory=dict, init=False)

    def json(self, attribute: str) -> Any:
        """Return the value of an attribute that holds JSON as text, or structured; None when it is neither."""
        return self._parse(attribute, json_value)

    def literal(self, attribute: str) -> Any:
        """Return the value of an attribute that holds a Python literal as text; None when it does not."""
        return self._parse(attribute, literal_value)

    def _parse(self, attribute: str, parse: Callable[[str], Any]) -> Any:
        value = self._parsed.get(attribute, _MISSING)
        if value is _MISSING:
            value = self._parsed[attribute] = parsed(self.attributes.get(attribute), parse)
        return value


def parsed(value: Any, parse: Callable[[str], Any]) -> Any:
    """Return what text says, None when it does not parse; anything structured as it is."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except _FAULTS:
        return None


json_value: Callable[[str], Any] = orjson.loads
"""Parses JSON."""


def literal_value(text: str) -> Any:
    """Parse a Python literal: as JSON, many times as quick, when its strings have nothing escaped."""
    if len(text) > _LITERAL_CHARACTERS:
        return None
    if "\\" not in text:
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(_as_json(text))
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


def _as_json(text: str) -> str:
    """Write a Python literal without anything escaped as JSON."""
    if '"' in text:
        return _WORD.sub(_json_word, text)
    pieces = text.split("'")  # strings, and what is between them
    pieces[::2] = [
        piece.replace("True", "true").replace("False", "false").replace("None", "null") for piece in pieces[::2]
    ]
    return '"'.join(pieces)


def _json_word(match: re.Match[str]) -> str:
    word = match[0]
    return _JSON_WORDS.get(word) or '"' + word[1:-1].replace('"', '\\"') + '"'
