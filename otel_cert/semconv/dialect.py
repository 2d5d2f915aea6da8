"""What a dialect declares: which spans are its own, and where each canonical field is found in them.

A dialect is one file with one `Dialect` and one entry point in the group `otel_cert.dialects`. Most of it is names of
attributes; what a name cannot say is a `Source`, of which `sources.py` has the usual ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.semconv.fields import FIELDS
from otel_cert.semconv.span import Span

ENTRY_POINTS = "otel_cert.dialects"

Source = str | Callable[[Span], Any]
"""Where a value is found: the name of an attribute, or a function of the span; None = not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A source that says where it finds nothing, so that it need not be asked: each is asked for every span otherwise."""

    read: Callable[[Span], Any]
    names: tuple[str, ...] = ()
    """There is nothing where none of these attributes is ..."""
    prefix: str | None = None
    """... and none with a name that begins so."""
    events: bool = False
    """There is nothing without span events."""
    logs: bool = False
    """There is nothing without log records of the span."""
    bind: Callable[[Collection[str]], Bound] | None = None
    """Returns what is read of spans that have attributes of exactly these names."""
    any_of: tuple[Source, ...] = ()
    """There is nothing where none of these sources finds anything."""
    of: Source | None = None
    """It is made of what this source finds, which is found once for all that is made of it ..."""
    then: Callable[[Any], Any] | None = None
    """... and by this function, which is not called for None."""

    def __call__(self, span: Span) -> Any:
        """Return the value; None = not there."""
        return self.read(span)

    def made_of(self, of: Source) -> Computed:
        """Return the source made of what another finds."""
        return replace(self, of=of)

    def possible(self, names: Collection[str], *, events: bool, logs: bool) -> bool:
        """Return whether a span with attributes of these names, with or without events and log records, may have it."""
        if self.of is not None:
            return possible(self.of, names, events=events, logs=logs)
        if self.events:
            return events
        if self.logs:
            return logs
        if self.any_of:
            return any(possible(source, names, events=events, logs=logs) for source in self.any_of)
        prefix = self.prefix
        return any(name in names for name in self.names) or (
            prefix is not None and any(name.startswith(prefix) for name in names)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A source made of the values of some attributes, all of which a span has."""

    names: tuple[str, ...]
    make: Callable[[tuple[Any, ...]], Any]

    def __call__(self, span: Span) -> Any:
        """Return the value; None = not there."""
        return self.make(tuple(span.attributes[name] for name in self.names))


def derived(of: Source, then: Callable[[Any], Any]) -> Computed:
    """Return a source that makes something of what another one finds."""

    def read(span: Span) -> Any:
        value = span.attributes.get(of) if isinstance(of, str) else of(span)
        return None if value is None else then(value)

    return Computed(read, of=of, then=then)


def possible(source: Source, names: Collection[str], *, events: bool, logs: bool) -> bool:
    """Return whether a source may find something in spans that have attributes of these names."""
    if isinstance(source, str):
        return source in names
    return not isinstance(source, Computed) or source.possible(names, events=events, logs=logs)


@dataclass(frozen=True)
class Dialect:
    """One way of recording GenAI operations; every attribute name in it is ours, never a user's."""

    name: str
    """Stored in the column `dialect`."""
    scopes: tuple[str, ...]
    """Prefixes of the names of its instrumentation scopes."""
    requires: tuple[str, ...] = ()
    """Attributes that a span of these scopes must have; tells versions of one instrumentation apart."""
    marks: tuple[str, ...] = ()
    """Attributes that together show the dialect when the scope name is unknown; none = known by scope only."""
    fields: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    """Canonical field -> sources; the first one that is present and readable wins."""
    operations: Mapping[str, str] = field(default_factory=dict)
    """Its own operation names, lower case -> `gen_ai.operation.name` values; `task` is none that is kept."""
    says_streaming: tuple[str, ...] = ()
    """Scopes that mark each streamed call: a call of theirs without the mark was not streamed."""
    cache_exclusive: tuple[str, ...] = ()
    """Scopes whose input tokens leave out what the provider's cache held."""
    advice: Mapping[str, str] = field(default_factory=dict)
    """Canonical field -> the setting of the application that makes this instrumentation send it."""
    silent_errors: tuple[str, ...] = ()
    """Scopes known to record no span for some failed calls."""
    authority: int = 0
    """Of several records of one call, the tokens of the one with the highest number are taken."""

    def __post_init__(self) -> None:
        if unknown := sorted(self.fields.keys() - FIELDS.keys()):
            raise OtelCertError(
                f"dialect {self.name!r} maps unknown fields: {', '.join(unknown)}", hint=f"fields: {', '.join(FIELDS)}"
            )


def installed() -> tuple[Dialect, ...]:
    """Return the dialects that the entry points of this environment offer, by entry-point name."""
    points = sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return tuple(point.load() for point in points)
