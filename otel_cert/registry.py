"""Which components are installed: receivers, processors and exporters, each behind one entry point.

Built-in and third-party components enter by the same groups (`otel_cert.receivers`, `otel_cert.processors`,
`otel_cert.exporters`). Names are known without importing anything; a factory is imported when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib import metadata
from typing import Any

from otel_cert.component import Factory, Kind
from otel_cert.errors import OtelCertError, UsageError


@dataclass(frozen=True, slots=True)
class Entry:
    """One installed component, not yet imported."""

    kind: Kind
    type: str
    provider: str
    """The distribution it comes from, with version: `otel-cert 0.1.0`."""
    load: Callable[[], object]
    """Import and return its factory."""


class Registry:
    """The components that can be named in a configuration."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self._factories: dict[tuple[Kind, str], Factory[Any]] = {}
        for entry in entries:
            other = self._entries.setdefault((entry.kind, entry.type), entry)
            if other is not entry:
                raise OtelCertError(
                    f"two distributions provide {entry.kind} {entry.type!r}: {other.provider} and {entry.provider}",
                    hint="uninstall one of them",
                )

    @classmethod
    def installed(cls) -> Registry:
        """Return what the entry points of this environment offer."""
        points = metadata.entry_points()  # once: it reads a file of every distribution
        return cls(
            Entry(kind, point.name, f"{point.dist.name} {point.dist.version}" if point.dist else "unknown", point.load)
            for kind in Kind
            for point in points.select(group=f"otel_cert.{kind}")
        )

    @classmethod
    def of(cls, *factories: Factory[Any], provider: str = "given") -> Registry:
        """Return a registry of exactly these factories (for tests and embedding)."""
        return cls(Entry(factory.kind, factory.type, provider, partial(_same, factory)) for factory in factories)

    def entries(self) -> list[Entry]:
        """Return every component by kind and type."""
        order = list(Kind)
        return sorted(self._entries.values(), key=lambda e: (order.index(e.kind), e.type))

    def types(self, kind: Kind) -> list[str]:
        """Return the type names of one kind, sorted."""
        return sorted(type_ for k, type_ in self._entries if k is kind)

    def factory(self, kind: Kind, type_: str) -> Factory[Any]:
        """Import (once) and return a factory.

        Raises UsageError when nothing of that type is installed, OtelCertError when it cannot be imported or is not the
        factory that its entry point promises.
        """
        key = kind, type_
        if key not in self._factories:
            self._factories[key] = _load(self._entry(kind, type_))
        return self._factories[key]

    def _entry(self, kind: Kind, type_: str) -> Entry:
        if found := self._entries.get((kind, type_)):
            return found
        types = self.types(kind)
        close = get_close_matches(type_, types, n=1)
        raise UsageError(
            f"no {_noun(kind)} of type {type_!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            hint=f"installed: {', '.join(types) or 'none'}; see `otel-cert components`",
        )


def _load(entry: Entry) -> Factory[Any]:
    what = f"{_noun(entry.kind)} {entry.type!r} of {entry.provider}"
    try:
        factory = entry.load()
    except Exception as error:  # a plug-in's import may raise anything
        raise OtelCertError(
            f"{what} cannot be loaded: {type(error).__name__}: {error}", hint="install what it needs, or uninstall it"
        ) from error
    if not isinstance(factory, Factory):
        raise OtelCertError(f"{what} is a {type(factory).__name__}, not an otel_cert.component.Factory")
    if (factory.kind, factory.type) != (entry.kind, entry.type):
        raise OtelCertError(f"{what} calls itself {_noun(factory.kind)} {factory.type!r}")
    return factory


def _same(factory: Factory[Any]) -> Factory[Any]:
    return factory


def _noun(kind: Kind) -> str:
    return kind.removesuffix("s")
