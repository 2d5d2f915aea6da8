"""Reading spans: which dialect they are in, and their canonical fields, a column for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from otel_cert.semconv import terms
from otel_cert.semconv.columns import Columns
from otel_cert.semconv.computed import Computed, Source, possible
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.fields import FIELDS, FIELDS_OF, read_all
from otel_cert.semconv.fields import Reader as FieldReader
from otel_cert.semconv.table import Batch, Spans

FALLBACK_MARKS = ("gen_ai.operation.name", "gen_ai.request.model")
"""An attribute of these makes a GenAI span of one that no dialect claims."""

_MOST, _MOST_OPERATIONS = 4096, 32
"""Forms and scopes, and operations per form, that are remembered: senders name them, and may make up any number."""


@dataclass(slots=True, eq=False)
class Read:
    """Spans of one form and operation with their canonical fields."""

    numbers: Sequence[int]
    """The spans, as `Spans` numbers them."""
    scope_name: str
    dialect: Dialect
    operation: str | None
    """In the terms of the conventions, lower case; None when none is named."""
    kind: terms.Kind
    values: dict[str, list[Any]]
    """Field -> its value in each span, None where it is not there; a field that none has is absent."""
    unreadable: dict[int, list[str]]
    """Number of a span -> fields that were sent in a form that could not be read."""

    def column(self, field: str) -> list[Any]:
        """Return the values of a field."""
        return self.values.get(field) or [None] * len(self.numbers)

    def part(self, places: Sequence[int], operation: str | None) -> Read:
        """Return some of the spans, as of another operation."""
        values = {field: [column[n] for n in places] for field, column in self.values.items()}
        numbers = [self.numbers[n] for n in places]
        return Read(numbers, self.scope_name, self.dialect, operation, self.kind, values, self.unreadable)


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

    def read(self, spans: Spans) -> Iterator[Read]:
        """Yield the canonical fields of all GenAI spans."""
        for batch in spans.batches():
            key = (batch.scope_name, batch.events, batch.logs, *batch.names)
            try:
                form = self._forms[key]
            except KeyError:
                dialect = self._dialect(batch)
                form = _remember(self._forms, key, None if dialect is None else _Form(dialect, batch))
            if form is not None:
                yield from form.read(batch)

    def _dialect(self, batch: Batch) -> Dialect | None:
        """Return the dialect of spans: by their scope first, else the one most of whose marks they have."""
        names = batch.names
        for dialect in self._candidates(batch.scope_name):
            if all(name in names for name in dialect.requires):
                return dialect
        for dialect in self._marked:
            if all(name in names for name in dialect.marks):
                return dialect
        return self._fallback if any(name in names for name in FALLBACK_MARKS) else None

    def _candidates(self, scope_name: str) -> Sequence[Dialect]:
        candidates = self._scopes.get(scope_name)
        if candidates is None:
            candidates = [d for d in self._by_scope if scope_name.startswith(d.scopes)]
            _remember(self._scopes, scope_name, candidates)
        return candidates


_T = TypeVar("_T")


class _Step(NamedTuple):
    """A field, its reader, and the sources to ask in turn."""

    field: str
    read: FieldReader
    sources: tuple[Source, ...]


class _Plan(NamedTuple):
    """What is read of spans of one form and operation."""

    operation: str | None
    kind: terms.Kind
    steps: Sequence[_Step]


class _Form:
    """What is read of spans of one scope that have the same attributes; spans of one instrumentation have few forms.

    Which dialect they are in and which sources can find anything is decided once: first the operation is read, then the
    fields that such an operation has.
    """

    def __init__(self, dialect: Dialect, batch: Batch) -> None:
        self._dialect = dialect
        bound: dict[Source, Source] = {}
        steps = (_step(field, sources, batch, bound) for field, sources in dialect.fields.items())
        self._steps = [step for step in steps if step.sources]
        self._operation = [step for step in self._steps if step.field == "operation"]
        self._plans: dict[Any, _Plan] = {}

    def read(self, batch: Batch) -> Iterator[Read]:
        """Yield the spans of each operation with its fields."""
        columns, unreadable = Columns(batch), dict[int, list[str]]()
        sent = next((_ask(columns, step, unreadable) for step in self._operation), None) or [None] * len(batch)
        operations = dict.fromkeys(sent)
        for operation in operations:
            chosen = columns
            if len(operations) > 1:
                chosen = Columns(batch.part([place for place, named in enumerate(sent) if named == operation]))
            plan = self._plans.get(operation)
            if plan is None:
                plan = _remember(self._plans, operation, self._plan(operation), _MOST_OPERATIONS)
            found = ((step.field, _ask(chosen, step, unreadable)) for step in plan.steps)
            values = {field: column for field, column in found if column is not None}
            numbers = chosen.batch.numbers
            yield Read(numbers, batch.scope_name, self._dialect, plan.operation, plan.kind, values, unreadable)

    def _plan(self, sent: Any) -> _Plan:
        operation = None if sent is None else self._dialect.operations.get(str(sent).lower(), str(sent).lower())
        kind = terms.kind(operation)
        return _Plan(operation, kind, [step for step in self._steps if step.field in FIELDS_OF[kind]])


def _step(field: str, sources: Sequence[Source], batch: Batch, known: dict[Source, Source]) -> _Step:
    def bind(source: Source) -> Source:
        """Return a source made for spans with these attributes, the same one for all that is made of it."""
        if source not in known:
            known[source] = source.bound(batch, bind) if isinstance(source, Computed) else source
        return known[source]

    return _Step(field, FIELDS[field], tuple(bind(source) for source in sources if possible(source, batch)))


def _ask(columns: Columns, step: _Step, unreadable: dict[int, list[str]]) -> list[Any] | None:
    """Return what the first of a field's sources finds in each span, and note what could not be read; None = nothing."""
    numbers = columns.batch.numbers
    values: list[Any] = []
    waiting: Sequence[int] = range(len(numbers))
    for source in step.sources:
        sent = columns.some(source, waiting)
        if sent is None:
            continue
        read = read_all(step.read, sent)
        if not values:
            values = read
        else:
            for place, value in zip(waiting, read, strict=True):
                values[place] = value
        if all(read) or None not in read:  # the former takes a fifth of the time
            return values
        unread = [(place, value) for place, value, found in zip(waiting, sent, read, strict=True) if found is None]
        for place, value in unread:
            if value is not None and value != "" and value != []:
                unreadable.setdefault(numbers[place], []).append(step.field)
        waiting = [place for place, _ in unread]
    return values if len(waiting) < len(numbers) else None


def _remember(known: dict[Any, _T], key: object, value: _T, most: int = _MOST) -> _T:
    if len(known) >= most:
        known.clear()
    known[key] = value
    return value
