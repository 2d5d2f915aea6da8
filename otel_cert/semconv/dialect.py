"""What a dialect declares: which spans are its own, and where each canonical field is found in them.

A dialect is one file with one `Dialect` and one entry point in the group `otel_cert.dialects`. Most of it is names of
attributes; what a name cannot say is a `Source`, of which `sources.py` has the usual ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata

from otel_cert.errors import OtelCertError
from otel_cert.semconv.computed import Source
from otel_cert.semconv.fields import FIELDS

ENTRY_POINTS = "otel_cert.dialects"


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
