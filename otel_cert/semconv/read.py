"""Reading spans: which dialect each is in, and its canonical fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from otel_cert.semconv import terms
from otel_cert.semconv.dialect import Computed, Dialect, Source
from otel_cert.semconv.fields import FIELDS, FIELDS_OF
from otel_cert.semconv.fields import Reader as FieldReader
from otel_cert.semconv.span import Span

FALLBACK_MARKS = ("gen_ai.operation.name", "gen_ai.request.model")
"""An attribute of these makes a GenAI span of one that no dialect claims."""

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a source may raise over a value of a shape that it does not expect."""


_MOST, _MOST_OPERATIONS = 4096, 32
"""Forms and scopes, and operations per form, that are remembered: senders name them, and may make up any number."""


@dataclass(slots=True, eq=False)
class Read:
    """A span with its canonical fields; a field that is not there is absent from `values`."""

    span: Span
    dialect: Dialect
    operation: str | None
    """In the terms of the conventions, lower case; None when none is named."""
    kind: terms.Kind
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
        self._forms: dict[object, _Form | None] = {}
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
        key = (span.scope_name, bool(span.events), bool(span.logs), *span.attributes)
        try:
            form = self._forms[key]
        except KeyError:
            dialect = self.dialect(span)
            form = _remember(self._forms, key, None if dialect is None else _Form(dialect, span))
        return None if form is None else form.read(span)

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
            candidates = [d for d in self._by_scope if scope_name.startswith(d.scopes)]
            _remember(self._scopes, scope_name, candidates)
        return candidates


_T = TypeVar("_T")
_Step = tuple[str, FieldReader, tuple[Source, ...]]
"""A field, its reader, and the sources to ask in turn."""


class _Plan(NamedTuple):
    """What is read of spans of one form and operation."""

    operation: str | None
    kind: terms.Kind
    named: Sequence[tuple[str, FieldReader, str, _Step]]
    """Of steps whose first source is an attribute: field, reader, name, and the step for what cannot be read."""
    computed: Sequence[_Step]


class _Form:
    """What is read of spans of one scope that have the same attributes; spans of one instrumentation have few forms.

    Which dialect they are in and which sources can find anything is decided once: first the operation is read, then the
    fields that such an operation has.
    """

    def __init__(self, dialect: Dialect, span: Span) -> None:
        self._dialect = dialect
        self._steps = [step for field, sources in dialect.fields.items() if (step := _step(field, sources, span))]
        self._operation = [step for step in self._steps if step[0] == "operation"]
        self._plans: dict[Any, _Plan] = {}

    def read(self, span: Span) -> Read:
        """Return the operation and its fields."""
        found = Read(span, self._dialect, None, terms.Kind.CALL, {}, [])
        values, attributes = found.values, span.attributes
        for step in self._operation:
            _ask(found, step)
        sent = values.get("operation")
        plan = self._plans.get(sent) or _remember(self._plans, sent, self._plan(sent), _MOST_OPERATIONS)
        found.operation, found.kind = plan.operation, plan.kind
        for field, read, name, step in plan.named:
            value = read(attributes[name])
            if value is None:
                _ask(found, step)
            else:
                values[field] = value
        for step in plan.computed:
            _ask(found, step)
        return found

    def _plan(self, sent: Any) -> _Plan:
        operation = None if sent is None else self._dialect.operations.get(str(sent).lower(), str(sent).lower())
        kind = terms.kind(operation)
        steps = [step for step in self._steps if step[0] in FIELDS_OF[kind]]
        named = [(step[0], step[1], step[2][0], step) for step in steps if isinstance(step[2][0], str)]
        return _Plan(operation, kind, named, [step for step in steps if not isinstance(step[2][0], str)])


def _step(field: str, sources: Sequence[Source], span: Span) -> _Step | None:
    possible = tuple(_bound(source, span) for source in sources if _possible(source, span))
    return (field, FIELDS[field], possible) if possible else None


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


def _ask(found: Read, step: _Step) -> None:
    """Add what the first of a field's sources finds, and note what could not be read."""
    span = found.span
    field, read, sources = step
    for source in sources:
        try:
            sent = span.attributes[source] if isinstance(source, str) else source(span)
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


def _remember(known: dict[Any, _T], key: object, value: _T, most: int = _MOST) -> _T:
    if len(known) >= most:
        known.clear()
    known[key] = value
    return value
