"""What sources are made of: what a span has beside attributes, and what functions make of other sources."""
# ruff: noqa: ARG002, D102 - `Computed` documents the methods, and not every source needs all that it is given

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from otel_cert.semconv.computed import Computed, Form, Source, possible, value_of
from otel_cert.semconv.span import Span

if TYPE_CHECKING:
    from otel_cert.semconv.columns import Columns


@dataclass(frozen=True, slots=True, eq=False)
class Beside(Computed):
    """What a span has beside attributes: a field of `Span`."""

    field: str

    def __call__(self, span: Span) -> Any:
        return getattr(span, self.field)

    def possible(self, form: Form) -> bool:
        return {"events": form.events, "logs": form.logs}.get(self.field, True)

    def column(self, columns: Columns) -> list[Any] | None:
        return columns.batch.beside(self.field)


NAME, SCOPE, VERSION = Beside("name"), Beside("scope_name"), Beside("scope_version")
STATUS, START = Beside("status_code"), Beside("start_unix_ns")
EVENTS, LOGS = Beside("events"), Beside("logs")


@dataclass(frozen=True, slots=True, eq=False)
class Has(Computed):
    """True where one of some attributes is there, whatever it says."""

    names: tuple[str, ...]

    def __call__(self, span: Span) -> Any:
        return any(name in span.attributes for name in self.names) or None

    def possible(self, form: Form) -> bool:
        return any(name in form.names for name in self.names)

    def column(self, columns: Columns) -> list[Any] | None:
        return [True] * len(columns.batch) if self.possible(columns.batch) else None


@dataclass(frozen=True, slots=True, eq=False)
class Derived(Computed):
    """What a function makes of what a source finds, where it finds something, and of what others find, if anything."""

    of: Source
    then: Callable[..., Any]
    others: tuple[Source, ...]

    def __call__(self, span: Span) -> Any:
        value = value_of(self.of, span)
        return None if value is None else self.then(value, *(value_of(source, span) for source in self.others))

    def possible(self, form: Form) -> bool:
        return possible(self.of, form)

    def bound(self, form: Form, bind: Callable[[Source], Source]) -> Source:
        return replace(self, of=bind(self.of), others=tuple(map(bind, self.others)))

    def column(self, columns: Columns) -> list[Any] | None:
        values = columns.all(self.of)
        return None if values is None else columns.applied(self.then, values, *map(columns.whole, self.others))


@dataclass(frozen=True, slots=True, eq=False)
class First(Computed):
    """What the first of some sources finds that finds anything."""

    of: tuple[Source, ...]

    def __call__(self, span: Span) -> Any:
        return next((value for source in self.of if (value := value_of(source, span)) is not None), None)

    def possible(self, form: Form) -> bool:
        return any(possible(source, form) for source in self.of)

    def bound(self, form: Form, bind: Callable[[Source], Source]) -> Source:
        there = tuple(bind(source) for source in self.of if possible(source, form))
        return there[0] if len(there) == 1 else First(there)

    def column(self, columns: Columns) -> list[Any] | None:
        found: list[Any] = [None] * len(columns.batch)
        waiting: Sequence[int] = range(len(found))
        for source in self.of:
            if (sent := columns.some(source, waiting)) is not None:
                for place, value in zip(waiting, sent, strict=True):
                    found[place] = value
                waiting = [place for place in waiting if found[place] is None]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Gathered(Computed):
    """What a function makes of the columns of some attributes that are all there."""

    names: Sequence[str]
    make: Callable[[Sequence[list[Any]]], list[Any] | None]

    def __call__(self, span: Span) -> Any:
        found = self.make([[span.attributes[name]] for name in self.names])
        return None if found is None else found[0]

    def possible(self, form: Form) -> bool:
        return all(name in form.names for name in self.names)

    def column(self, columns: Columns) -> list[Any] | None:
        return self.make(list(map(columns.whole, self.names)))


@dataclass(frozen=True, slots=True, eq=False)
class Spelled(Computed):
    """What the names of all attributes of a prefix say, and their values."""

    prefix: str
    make: Callable[[Sequence[str]], Source | None]
    """Returns what is read of spans that have attributes of exactly these names; None = nothing."""

    def __call__(self, span: Span) -> Any:
        source = self._made(span.attributes)
        return None if source is None else value_of(source, span)

    def possible(self, form: Form) -> bool:
        return self._made(form.names) is not None

    def bound(self, form: Form, bind: Callable[[Source], Source]) -> Source:
        source = self._made(form.names)
        return self if source is None else bind(source)

    def column(self, columns: Columns) -> list[Any] | None:
        return None if (source := self._made(columns.batch.names)) is None else columns.all(source)

    def _made(self, names: Iterable[str]) -> Source | None:
        found = [name for name in names if name.startswith(self.prefix)]
        return self.make(found) if found else None


def has(*attributes: str) -> Source:
    """Conclude True from one of some attributes being there."""
    return Has(attributes)


def derived(of: Source, then: Callable[..., Any], *others: Source) -> Source:
    """Return a source that makes something of what another one finds, and of what others find, None where nothing."""
    return Derived(of, then, others)


def first(*sources: Source) -> Source:
    """Return a source that finds what the first of some finds that finds anything."""
    return sources[0] if len(sources) == 1 else First(sources)
