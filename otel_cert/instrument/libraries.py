"""Which instrumentation records which library, and turning it on when the application imports the library.

Nothing is imported before the application does: of a dozen installed libraries most applications use one.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

from wrapt import register_post_import_hook

from otel_cert.instrument.guard import Guard

_logger = logging.getLogger("otel_cert.instrument")

_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """An instrumentor, by name."""

    distribution: str
    path: str
    """MODULE:CLASS; a subclass of `BaseInstrumentor`."""
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What its class is made with."""

    def load(self) -> Any:
        """Import and return the instrumentor."""
        module, _, name = self.path.partition(":")
        return getattr(importlib.import_module(module), name)(**self.options)

    def is_on(self) -> bool:
        """Return whether the application has turned it on, without importing it."""
        module, _, name = self.path.partition(":")
        instrumentor = getattr(sys.modules.get(module), name, None)
        # The one instance that there can be: making it again would give it other options.
        return getattr(getattr(instrumentor, "_instance", None), "is_instrumented_by_opentelemetry", False)


@dataclass(frozen=True, slots=True)
class Library:
    """A library that can be recorded."""

    name: str
    """Also the name of the extra that installs what records it, and in OTEL_PYTHON_DISABLED_INSTRUMENTATIONS."""
    module: str
    """What an application imports of it; its import turns the instrumentation on."""
    distribution: str
    instrumentations: tuple[Instrumentation, ...] = ()
    """The best first: the first one installed is taken."""
    rivals: tuple[Instrumentation, ...] = ()
    """Others that record the same calls: when the application has turned one on, ours stays off."""
    also: Callable[[], None] = lambda: None
    """What else of ours is put into the library, before the instrumentation."""
    guarded: tuple[str, ...] = ()
    """Methods that do what they do whatever the instrumentation does: MODULE:CLASS.METHOD."""
    bypass: Callable[[dict[str, Any]], bool] = lambda _: False
    """Whether a call with such arguments is better not recorded."""


@dataclass(slots=True)
class Status:
    """What became of one library."""

    library: str
    state: str
    """`on`; `waiting` for the application to import it; `skipped`; `failed`."""
    by: str | None
    """What records it: name and version of a distribution."""
    reason: str
    """Why it is so, in words."""

    def __str__(self) -> str:
        return f"{self.library}: {self.state} ({', '.join(filter(None, (self.by, self.reason)))})"


def turn_on(library: Library) -> Status:
    """Turn a library's instrumentation on, now or when the library is imported; returns what became of it, kept current."""
    status = Status(library.name, "skipped", None, "")
    if library.name in map(str.strip, os.environ.get(_DISABLED, "").split(",")):
        status.reason = f"named in {_DISABLED}"
    elif _version(library.distribution) is None:
        status.reason = f"{library.distribution} is not installed"
    elif (chosen := next((i for i in library.instrumentations if _version(i.distribution)), None)) is None:
        status.reason = f"nothing installed records it: pip install 'otel-cert[{library.name}]'"
    else:
        status.by = f"{chosen.distribution} {_version(chosen.distribution)}"
        status.state, status.reason = "waiting", f"until {library.module} is imported"
        register_post_import_hook(lambda _module: _activate(library, chosen, status), library.module)
    return status


def _activate(library: Library, chosen: Instrumentation, status: Status) -> None:
    """Turn an instrumentation on; whatever fails in it is told in the status and the log, never to the application."""
    try:
        status.state, status.reason = _instrument(library, chosen)
    except Exception as error:
        status.state, status.reason = "failed", f"{type(error).__name__}: {error}"
        _logger.warning("otel-cert: %s", status, exc_info=True)


def _instrument(library: Library, chosen: Instrumentation) -> tuple[str, str]:
    from opentelemetry.instrumentation.dependencies import get_dependency_conflicts

    for other in (*library.instrumentations, *library.rivals):
        if other.is_on():
            return "skipped", f"the application has turned on {other.distribution}"
    instrumentor = chosen.load()
    conflict = get_dependency_conflicts(instrumentor.instrumentation_dependencies())
    if conflict and (conflict.found or conflict.found_any):  # another version; what is missing is not needed, then
        return "skipped", str(conflict)
    library.also()
    guards = list(_guards(library))
    for guard in guards:
        guard.below()
    instrumentor.instrument()
    for guard in guards:
        guard.above()
    return "on", f"{library.distribution} {_version(library.distribution)}"


def _guards(library: Library) -> Iterator[Guard]:
    for path in library.guarded:
        with suppress(ImportError, AttributeError):  # another version of the library has other methods
            yield Guard(path, library.bypass)


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
