"""Sources for what the name of an attribute cannot say: values inside JSON, numbered attributes, events.

>>> span = Span("", "", "", "", 0, 0, 0, "", "", None, None, None, None, "", None, {"out": '{"usage": {"n": 3}}'})
>>> path("out", "usage", "n")(span)
3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from otel_cert.semconv.dialect import Source
from otel_cert.semconv.span import Event, Span

Key = str | int

_ERROR = 2  # STATUS_CODE_ERROR
_MOST_NUMBERED = 10_000
"""Attributes numbered higher are not read, so that one of them cannot ask for a list of any length."""


def path(attribute: str, *keys: Key) -> Source:
    """Read a value inside an attribute that holds JSON."""
    return lambda span: inside(span.json(attribute), *keys)


def literal(attribute: str, *keys: Key) -> Source:
    """Read a value inside an attribute that holds a Python literal."""
    return lambda span: inside(span.literal(attribute), *keys)


def mapped(source: Source, names: Mapping[str, Any]) -> Source:
    """Translate a text, given in lower case; anything else is not there."""

    def read(span: Span) -> Any:
        value = value_of(source, span)
        return names.get(value.lower()) if isinstance(value, str) else None

    return read


def present(attribute: str, value: Any) -> Source:
    """Conclude a value from an attribute being there."""
    return lambda span: value if span.attributes.get(attribute) not in (None, "") else None


def applied(function: Callable[[Any], Any], *found: Source) -> Source:
    """Read the first source that is there through a function."""

    def read(span: Span) -> Any:
        for source in found:
            if (value := value_of(source, span)) is not None:
                return function(value)
        return None

    return read


def numbered(prefix: str) -> Source:
    """Read `prefix.0.role`, `prefix.0.tool_calls.1.name` ... as a list of what they spell."""
    start, skipped = f"{prefix}.", len(prefix) + 1

    def read(span: Span) -> Any:
        tree: dict[str, Any] = {}
        for name, value in span.attributes.items():
            if name.startswith(start):
                _grow(tree, name[skipped:].split("."), value)
        return _listed(tree) or None

    return read


def prefixed(prefix: str, *, but: Sequence[str] = ()) -> Source:
    """Read all attributes of a prefix as one object, keys without the prefix."""
    skipped = len(prefix)
    left_out = frozenset(f"{prefix}{name}" for name in but)

    def read(span: Span) -> Any:
        attributes = span.attributes
        names = [name for name in attributes if name.startswith(prefix) and name not in left_out]
        return {name[skipped:]: _finite(attributes[name]) for name in names} or None

    return read


def event(name: str, attribute: str) -> Callable[[Span], Any]:
    """Read an attribute of the first span event of a name."""

    def read(span: Span) -> Any:
        for happened in span.events:
            if happened.name == name:
                return happened.attributes.get(attribute)
        return None

    return read


def exception(attribute: str) -> Source:
    """Read an attribute of the exception that a span failed with; one that it survived is none."""
    found = event("exception", attribute)
    return lambda span: found(span) if span.status_code == _ERROR else None


def seconds_to(name: str) -> Source:
    """Read how long after the span's start the first event of a name came, s."""

    def read(span: Span) -> float | None:
        if not span.events:
            return None
        times = [e.unix_ns for e in span.events if e.name == name]
        return (min(times) - span.start_unix_ns) / 1e9 if times and span.start_unix_ns > 0 else None

    return read


def logged(name: str, attribute: str) -> Source:
    """Read an attribute of the last log record of an event name that was sent for the span."""

    def read(span: Span) -> Any:
        if not span.logs:
            return None
        found = [e for e in span.logs if e.name == name and attribute in e.attributes]
        return max(found, key=_time).attributes[attribute] if found else None

    return read


def value_of(source: Source, span: Span) -> Any:
    """Return what a source finds; None when it is not there."""
    return span.attributes.get(source) if isinstance(source, str) else source(span)


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


def _finite(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not abs(value) < float("inf") else value


def _grow(tree: dict[str, Any], names: Sequence[str], value: Any) -> None:
    for name in names[:-1]:
        branch = tree.setdefault(name, {})
        if not isinstance(branch, dict):
            return
        tree = branch
    tree[names[-1]] = value


def _listed(tree: Any) -> Any:
    """Turn every branch whose names are all numbers into a list."""
    if not isinstance(tree, dict):
        return tree
    grown = {name: _listed(branch) for name, branch in tree.items()}
    if grown and all(name.isdecimal() and int(name) < _MOST_NUMBERED for name in grown):
        return [grown[name] for name in sorted(grown, key=int)]
    return grown
