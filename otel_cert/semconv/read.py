"""Reading spans: which dialect each is in, and its canonical fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from otel_cert.semconv import terms
from otel_cert.semconv.dialect import Computed, Dialect, Source
from otel_cert.semconv.fields import FIELDS, FIELDS_OF
from otel_cert.semconv.fields import Reader as FieldReader
from otel_cert.semconv.span import Span

FALLBACK_MARKS = ("gen_ai.operation.name", "gen_ai.request.model")
"""An attribute of these makes a GenAI span of one that no dialect claims."""

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a source may raise over a value of a shape that it does not expect."""


_Step = tuple[str, FieldReader, tuple[Source, ...]]
_Plan = list[_Step]
"""Per field its reader and the sources to ask in turn."""

_MOST_SHAPES = 4096


@dataclass(slots=True, eq=False)
class Read:
    """A span with its canonical fields; a field that is not there is absent from `values`."""

    span: Span
    dialect: Dialect
    operation: str | None
    """In the terms of the conventions, lower case; None when none is named."""
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
        self._plans = {id(d): _Plans(d) for d in (*dialects, fallback)}
        self._scopes: dict[str, list[Dialect]] = {}

    def knows(self, scope_name: str) -> bool:
        """Return whether a scope is one of a dialect's."""
        return bool(self._candidates(scope_name))

    @property
    def marks(self) -> list[str]:
        """The attributes that a span of an unknown scope must have one of."""
        return sorted({mark for dialect in self._marked for mark in dialect.marks} | {*FALLBACK_MARKS})

    def read(self, span: Span) -> Read | None:
        """Return the span's canonical fields; None when it is no GenAI span."""
        dialect = self.dialect(span)
        if dialect is None:
            return None
        found = Read(span, dialect, None, {}, [])
        self._plans[id(dialect)].read(found)
        return found

    def dialect(self, span: Span) -> Dialect | None:
        """Return the dialect of a span: by its scope first, else the one most of whose marks it has."""
        attributes = span.attributes
        for dialect in self._candidates(span.scope_name):
            if all(name in attributes for name in dialect.requires):
                return dialect
        for dialect in self._marked:
            if all(name in attributes for name in dialect.marks):
                return dialect
        return self._fallback if any(name in attributes for name in FALLBACK_MARKS) else None

    def _candidates(self, scope_name: str) -> Sequence[Dialect]:
        candidates = self._scopes.get(scope_name)
        if candidates is None:
            if len(self._scopes) >= _MOST_SHAPES:  # senders name them
                self._scopes.clear()
            candidates = [d for d in self._by_scope if scope_name.startswith(d.scopes)]
            self._scopes[scope_name] = candidates
        return candidates


class _Plans:
    """What is read of a dialect's spans: first the operation, then the fields that such an operation has.

    Spans of one instrumentation have few shapes, that is sets of attributes: which sources can find anything is decided
    once for each.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._fields = dialect.fields
        self._operation = [("operation", FIELDS["operation"], tuple(dialect.fields.get("operation", ())))]
        self._of_shape: dict[object, _Plan] = {}

    def read(self, found: Read) -> None:
        """Add the operation and its fields to `found`."""
        _read(found, self._operation)
        found.operation = _operation(found)
        span, kind = found.span, terms.kind(found.operation)
        shape = (kind, bool(span.events), bool(span.logs), *span.attributes)
        plan = self._of_shape.get(shape)
        if plan is None:
            if len(self._of_shape) >= _MOST_SHAPES:
                self._of_shape.clear()
            plan = self._of_shape[shape] = list(self._plan(kind, span))
        _read(found, plan)

    def _plan(self, kind: terms.Kind, span: Span) -> Iterator[_Step]:
        for field, sources in self._fields.items():
            possible = tuple(_bound(s, span) for s in sources if _possible(s, span)) if field in FIELDS_OF[kind] else ()
            if possible:
                yield field, FIELDS[field], possible


def _possible(source: Source, span: Span) -> bool:
    if isinstance(source, str):
        return source in span.attributes
    if isinstance(source, Computed):
        return source.possible(span.attributes, events=bool(span.events), logs=bool(span.logs))
    return True


def _bound(source: Source, span: Span) -> Source:
    if isinstance(source, Computed):
        return source.bind(span.attributes.keys()) if source.bind else source.read
    return source


def _read(found: Read, plan: _Plan) -> None:
    """Add what the first of each field's sources finds, and note what could not be read."""
    span, attributes = found.span, found.span.attributes
    for field, read, sources in plan:
        for source in sources:
            try:
                sent = attributes.get(source) if isinstance(source, str) else source(span)
            except _FAULTS:
                found.unreadable.append(field)
                continue
            if sent is None or sent == "" or sent == []:
                continue
            value = read(sent)
            if value is not None:
                found.values[field] = value
                break
            found.unreadable.append(field)


def _operation(found: Read) -> str | None:
    sent = found.values.get("operation")
    if sent is None:
        return None
    name = str(sent).lower()
    return found.dialect.operations.get(name, name)
