"""Methods: how the support of an answer by its context is scored; each enters by an entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from inspect import Parameter, signature
from typing import Protocol

from otel_cert.errors import OtelCertError, UsageError
from otel_cert.measures.accuracy.result import Scored

ENTRY_POINTS = "otel_cert.accuracy_methods"


class NotScored(OtelCertError):
    """The answer has no score; the message says why. It is counted, and never a score of 0."""


class Method(Protocol):
    """Scores answers. An entry point names a function that takes settings as keywords and returns one."""

    @property
    def name(self) -> str:
        """What `--method` calls it."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of all that its scores depend on."""
        ...

    @property
    def threshold(self) -> tuple[float, str]:
        """Return the default threshold, and what it was chosen on."""
        ...

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:
        """Return the support of `answer` by `context`, a list of chunks.

        Raises:
            NotScored: it has no score, e.g. because the context is empty or a judge failed.

        """
        ...


def texts(answer: str, context: Sequence[str]) -> list[str]:
    """Return the chunks that have text.

    Raises:
        NotScored: none has, or the answer is blank.

    """
    if not answer.strip():
        raise NotScored("the answer is blank")
    if not (found := [chunk for chunk in context if chunk.strip()]):
        raise NotScored("the context is blank", hint="without a context there is nothing to compare with")
    return found


def method(name: str, **settings: object) -> Method:
    """Return the method of that name, made with `settings`.

    Raises:
        UsageError: there is no such method, or it does not know a setting.

    """
    check_settings(name, settings)
    return maker(name)(**settings)


def check_settings(name: str, settings: Iterable[str]) -> None:
    """Raise UsageError when there is no method of that name, or it does not know a setting; nothing is made."""
    known = signature(maker(name)).parameters
    if any(one.kind is Parameter.VAR_KEYWORD for one in known.values()):
        return
    for setting in settings:
        if setting not in known:
            choice = f"it knows: {', '.join(known)}" if known else "it has none"
            raise UsageError(f"the method {name!r} has no setting {setting!r}", hint=choice)


def maker(name: str) -> Callable[..., Method]:
    """Return what makes the method of that name; raises UsageError when there is none."""
    known = _installed()
    if name not in known:
        raise UsageError(f"there is no method {name!r}", hint=f"use one of: {', '.join(sorted(known))}")
    found: Callable[..., Method] = known[name].load()
    return found


def names() -> list[str]:
    """Return the names of the installed methods."""
    return sorted(_installed())


@cache
def _installed() -> dict[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}
