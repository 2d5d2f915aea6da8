"""Sources for what the name of an attribute cannot say: values inside JSON, numbered attributes, events.

>>> span = Span("", "", "", "", 0, 0, 0, "", "", None, None, None, None, "", None, 0, {"out": '{"usage": {"n": 3}}'})
>>> path("out", "usage", "n")(span)
3
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_cert.semconv.dialect import Computed, Source
from otel_cert.semconv.span import Event, Span

Key = str | int

_ERROR = 2  # STATUS_CODE_ERROR
_MOST_NUMBERED = 10_000
"""Attributes numbered higher are not read, so that one of them cannot ask for a list of any length."""


def path(attribute: str, *keys: Key) -> Source:
    """Read a value inside an attribute that holds JSON."""
    return Computed(lambda span: inside(span.json(attribute), *keys), (attribute,))


def literal(attribute: str, *keys: Key) -> Source:
    """Read a value inside an attribute that holds a Python literal."""
    return Computed(lambda span: inside(span.literal(attribute), *keys), (attribute,))


def mapped(source: Source, names: Mapping[str, Any]) -> Source:
    """Translate a text, given in lower case; anything else is not there."""

    def read(span: Span) -> Any:
        value = value_of(source, span)
        return names.get(value.lower()) if isinstance(value, str) else None

    return like((source,), read)


def present(attribute: str, value: Any) -> Source:
    """Conclude a value from an attribute being there."""
    return Computed(lambda span: value if span.attributes.get(attribute) not in (None, "") else None, (attribute,))


def applied(function: Callable[[Any], Any], *found: Source) -> Source:
    """Read the first source that is there through a function."""

    def bind(names: Collection[str]) -> Callable[[Span], Any]:
        bound = [s.bind(names) if isinstance(s, Computed) and s.bind else s for s in found]

        def read(span: Span) -> Any:
            for source in bound:
                if (value := value_of(source, span)) is not None:
                    return function(value)
            return None

        return read

    made = like(found, lambda span: bind(span.attributes)(span))
    return replace(made, bind=bind) if isinstance(made, Computed) else made


def like(sources: Sequence[Source], read: Callable[[Span], Any]) -> Source:
    """Return a source that finds something only where one of some sources does."""
    names = tuple(s for s in sources if isinstance(s, str))
    computed = [s for s in sources if isinstance(s, Computed)]
    prefixes = {s.prefix for s in computed if s.prefix is not None}
    if len(names) + len(computed) < len(sources) or len(prefixes) > 1 or any(s.events or s.logs for s in computed):
        return read
    return Computed(read, (*names, *(n for s in computed for n in s.names)), next(iter(prefixes), None))


def numbered(prefix: str) -> Computed:
    """Read `prefix.0.role`, `prefix.0.tool_calls.1.name` ... as a list of what they spell."""
    start, skipped = f"{prefix}.", len(prefix) + 1

    def bind(names: Collection[str]) -> Callable[[Span], Any]:
        tree: dict[str, Any] = {}
        for name in names:
            if name.startswith(start):
                _grow(tree, name[skipped:].split("."), name)
        named = _listed(tree)
        return lambda span: _filled(named, span.attributes) or None

    return Computed(lambda span: bind(span.attributes)(span), prefix=start, bind=bind)


def prefixed(prefix: str, *, but: Sequence[str] = ()) -> Computed:
    """Read all attributes of a prefix as one object, keys without the prefix."""
    left_out = frozenset(f"{prefix}{name}" for name in but)

    def bind(names: Collection[str]) -> Callable[[Span], Any]:
        found = [(n.removeprefix(prefix), n) for n in names if n.startswith(prefix) and n not in left_out]
        return lambda span: {short: _finite(span.attributes[name]) for short, name in found} or None

    return Computed(lambda span: bind(span.attributes)(span), prefix=prefix, bind=bind)


def event(name: str, attribute: str) -> Computed:
    """Read an attribute of the first span event of a name."""

    def read(span: Span) -> Any:
        for happened in span.events:
            if happened.name == name:
                return happened.attributes.get(attribute)
        return None

    return Computed(read, events=True)


def exception(attribute: str) -> Source:
    """Read an attribute of the exception that a span failed with; one that it survived is none."""
    found = event("exception", attribute)
    return Computed(lambda span: found(span) if span.status_code == _ERROR else None, events=True)


def seconds_to(name: str) -> Source:
    """Read how long after the span's start the first event of a name came, s."""

    def read(span: Span) -> float | None:
        times = [e.unix_ns for e in span.events if e.name == name]
        return (min(times) - span.start_unix_ns) / 1e9 if times and span.start_unix_ns > 0 else None

    return Computed(read, events=True)


def logged(name: str, attribute: str) -> Source:
    """Read an attribute of the last log record of an event name that was sent for the span."""

    def read(span: Span) -> Any:
        found = [e for e in span.logs if e.name == name and attribute in e.attributes]
        return max(found, key=_time).attributes[attribute] if found else None

    return Computed(read, logs=True)


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


def _filled(named: Any, attributes: Mapping[str, Any]) -> Any:
    """Put the values of attributes where a tree has their names."""
    if isinstance(named, str):
        return attributes[named]
    if isinstance(named, list):
        return [_filled(item, attributes) for item in named]
    return {key: _filled(branch, attributes) for key, branch in named.items()}


def _grow(tree: dict[str, Any], names: Sequence[str], value: str) -> None:
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
