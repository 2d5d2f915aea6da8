"""Sources for what the name of an attribute cannot say: values inside JSON, numbered attributes, events.

>>> span = Span("chat", 0, 0, 0, "scope", None, {"out": '{"usage": {"n": 3}}'})
>>> path("out", "usage", "n")(span)
3
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from otel_cert.semconv.combinators import EVENTS, LOGS, START, STATUS, Gathered, Spelled, derived, first
from otel_cert.semconv.computed import Source
from otel_cert.semconv.span import Event, json_value, literal_value, parsed

Key = str | int

_ERROR = 2  # STATUS_CODE_ERROR
_MOST_NUMBERED = 10_000
"""Attributes numbered higher are not read, so that one of them cannot ask for a list of any length."""


@cache
def json(attribute: str) -> Source:
    """Read an attribute that holds JSON as text, or structured."""
    return derived(attribute, lambda value: parsed(value, json_value))


@cache
def literal(attribute: str) -> Source:
    """Read an attribute that holds a Python literal."""
    return derived(attribute, lambda value: parsed(value, literal_value))


def path(attribute: str, *keys: Key) -> Source:
    """Read a value inside an attribute that holds JSON."""
    if len(keys) == 1 and isinstance(key := keys[0], str):  # most are
        return derived(json(attribute), lambda value: value.get(key) if isinstance(value, dict) else None)
    return derived(json(attribute), lambda value: inside(value, *keys))


def mapped(source: Source, names: Mapping[str, Any]) -> Source:
    """Translate a text, given in lower case; anything else is not there."""
    return derived(source, lambda value: names.get(value.lower()) if isinstance(value, str) else None)


def present(attribute: str, value: Any) -> Source:
    """Conclude a value from an attribute being there, and not empty."""
    return derived(attribute, lambda sent: None if sent == "" else value)


def applied(function: Callable[[Any], Any], *found: Source) -> Source:
    """Read the first source that is there through a function."""
    return derived(first(*found), function)


def numbered(prefix: str) -> Source:
    """Read `prefix.0.role`, `prefix.0.tool_calls.1.name` ... as a list of what they spell."""
    skipped = len(prefix) + 1

    def make(names: Sequence[str]) -> Source:
        tree: dict[str, Any] = {}
        for place, name in enumerate(names):
            _grow(tree, name[skipped:].split("."), place)
        spelled = _listed(tree)
        return Gathered(names, lambda columns: _filled(spelled, columns))

    return Spelled(f"{prefix}.", make)


def prefixed(prefix: str, *, but: Sequence[str] = ()) -> Source:
    """Read all attributes of a prefix as one object, keys without the prefix."""
    left_out = frozenset(f"{prefix}{name}" for name in but)

    def make(names: Sequence[str]) -> Source | None:
        found = [name for name in names if name not in left_out]
        short = [name.removeprefix(prefix) for name in found]
        return Gathered(found, lambda columns: _objects(short, map(_finite, columns))) if found else None

    return Spelled(prefix, make)


def event(name: str, attribute: str) -> Source:
    """Read an attribute of the first span event of a name."""

    def read(events: Sequence[Event]) -> Any:
        for happened in events:
            if happened.name == name:
                return happened.attributes.get(attribute)
        return None

    return derived(EVENTS, read)


def exception(attribute: str) -> Source:
    """Read an attribute of the exception that a span failed with; one that it survived is none."""
    return derived(event("exception", attribute), lambda sent, status: sent if status == _ERROR else None, STATUS)


def seconds_to(name: str) -> Source:
    """Read how long after the span's start the first event of a name came, s."""

    def read(events: Sequence[Event], start_unix_ns: int) -> float | None:
        times = [e.unix_ns for e in events if e.name == name]
        return (min(times) - start_unix_ns) / 1e9 if times and start_unix_ns > 0 else None

    return derived(EVENTS, read, START)


def logged(name: str, attribute: str) -> Source:
    """Read an attribute of the last log record of an event name that was sent for the span."""

    def read(sent: Sequence[Event]) -> Any:
        found = [e for e in sent if attribute in e.attributes]
        return max(found, key=_time).attributes[attribute] if found else None

    return derived(_logs(name), read)


@cache
def _logs(name: str) -> Source:
    return derived(LOGS, lambda sent: [e for e in sent if e.name == name] or None)


def inside(value: Any, *keys: Key) -> Any:
    """Return what lies under a path of keys and indices; None when it does not reach so far."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def _time(event: Event) -> int:
    return event.unix_ns


def _finite(column: list[Any]) -> list[Any]:
    """Return values that JSON can say: a number that is not finite as text."""
    return [value if type(value) is not float or abs(value) < float("inf") else str(value) for value in column]


def _filled(spelled: Any, columns: Sequence[list[Any]]) -> list[Any]:
    """Return a tree, which has places of columns for leaves, with the values of each row."""
    if isinstance(spelled, int):
        return columns[spelled]
    if isinstance(spelled, list):
        return list(map(list, zip(*(_filled(item, columns) for item in spelled), strict=True)))
    return _objects(list(spelled), (_filled(item, columns) for item in spelled.values()))


def _objects(names: Sequence[str], columns: Iterable[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _grow(tree: dict[str, Any], names: Sequence[str], place: int) -> None:
    for name in names[:-1]:
        branch = tree.setdefault(name, {})
        if not isinstance(branch, dict):
            return
        tree = branch
    tree[names[-1]] = place


def _listed(tree: Any) -> Any:
    """Turn every branch whose names are all numbers into a list."""
    if not isinstance(tree, dict):
        return tree
    grown = {name: _listed(branch) for name, branch in tree.items()}
    if grown and all(name.isdecimal() and int(name) < _MOST_NUMBERED for name in grown):
        return [grown[name] for name in sorted(grown, key=int)]
    return grown
