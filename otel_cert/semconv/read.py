"""Reading spans: which dialect each is in, and its canonical fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otel_cert.semconv.dialect import Dialect, Source
from otel_cert.semconv.fields import FIELDS
from otel_cert.semconv.span import Span

FALLBACK_MARKS = ("gen_ai.operation.name", "gen_ai.request.model")
"""An attribute of these makes a GenAI span of one that no dialect claims."""

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a source may raise over a value of a shape that it does not expect."""


@dataclass(slots=True, eq=False)
class Read:
    """A span with its canonical fields; a field that is not there is absent from `values`."""

    span: Span
    dialect: Dialect
    values: dict[str, Any]
    unreadable: list[str]
    """Fields that were sent in a form that could not be read."""


class Reader:
    """Reads the spans of some dialects; `fallback` reads GenAI spans that are in none of them."""

    def __init__(self, dialects: Sequence[Dialect], fallback: Dialect) -> None:
        # The one that demands most comes first: it is the newer version of an instrumentation.
        self._by_scope = sorted(dialects, key=lambda d: -len(d.requires))
        self._marked = sorted((d for d in dialects if d.marks), key=lambda d: -len(d.marks))
        self._fallback = fallback
        self._plans = {id(d): _plan(d) for d in (*dialects, fallback)}
        self._scopes: dict[str, list[Dialect]] = {}

    @property
    def scopes(self) -> list[str]:
        """The scope prefixes of all dialects."""
        return sorted({scope for dialect in self._by_scope for scope in dialect.scopes})

    @property
    def marks(self) -> list[str]:
        """The attributes that a span of an unknown scope must have one of."""
        return sorted({mark for dialect in self._marked for mark in dialect.marks} | {*FALLBACK_MARKS})

    def read(self, span: Span) -> Read | None:
        """Return the span's canonical fields; None when it is no GenAI span."""
        dialect = self.dialect(span)
        if dialect is None:
            return None
        found = Read(span, dialect, {}, [])
        for field, read, sources in self._plans[id(dialect)]:
            for source in sources:
                sent = _sent(source, span, field, found.unreadable)
                if sent is None or sent == "":
                    continue
                value = read(sent)
                if value is not None:
                    found.values[field] = value
                    break
                if sent != []:
                    found.unreadable.append(field)
        return found

    def dialect(self, span: Span) -> Dialect | None:
        """Return the dialect of a span: by its scope first, else the one most of whose marks it has."""
        candidates = self._scopes.get(span.scope_name)
        if candidates is None:
            candidates = [d for d in self._by_scope if span.scope_name.startswith(d.scopes)]
            self._scopes[span.scope_name] = candidates
        attributes = span.attributes
        for dialect in candidates:
            if all(name in attributes for name in dialect.requires):
                return dialect
        for dialect in self._marked:
            if all(name in attributes for name in dialect.marks):
                return dialect
        return self._fallback if any(name in attributes for name in FALLBACK_MARKS) else None


def _plan(dialect: Dialect) -> list[tuple[str, Callable[[Any], Any], tuple[Source, ...]]]:
    return [(field, FIELDS[field], tuple(sources)) for field, sources in dialect.fields.items()]


def _sent(source: Source, span: Span, field: str, unreadable: list[str]) -> Any:
    if isinstance(source, str):
        return span.attributes.get(source)
    try:
        return source(span)
    except _FAULTS:
        unreadable.append(field)
        return None


def operation(read: Mapping[str, Any], dialect: Dialect) -> str | None:
    """Return the operation in the terms of the conventions, lower case."""
    sent = read.get("operation")
    if sent is None:
        return None
    name = str(sent).lower()
    return dialect.operations.get(name, name)
