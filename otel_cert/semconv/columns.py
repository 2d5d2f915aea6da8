"""Columns: what sources find in the spans of a batch, each column made once however many fields are read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeGuard

from otel_cert.semconv.dialect import Bound, Computed, Source
from otel_cert.semconv.span import Span
from otel_cert.semconv.table import Batch

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a source may raise over a value of a shape that it does not expect."""


class _Unreadable:
    """Stands for what a source could not read; false, as what is not there."""

    def __bool__(self) -> bool:
        return False


UNREADABLE = _Unreadable()


class Columns:
    """What sources find in the spans of a batch."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._found: dict[Source, list[Any] | None] = {}

    def some(self, source: Source, places: Sequence[int]) -> Sequence[Any] | None:
        """Return what a source finds in some of the spans; None where it finds nothing in any.

        A function of the span is called for these only.
        """
        every = len(places) == len(self.batch)
        if not every and source not in self._found and _of_spans(source):
            return _applied(source, [self._spans[place] for place in places])
        found = self._all(source)
        return found if every or found is None else [found[place] for place in places]

    def _all(self, source: Source) -> list[Any] | None:
        if source not in self._found:
            found = self._find(source)
            self._found[source] = None if found is None or _nothing(found) else found
        return self._found[source]

    def _find(self, source: Source) -> list[Any] | None:
        if isinstance(source, str):
            return self.batch.attribute(source)
        if isinstance(source, Bound):
            columns = [self._all(name) or [None] * len(self.batch) for name in source.names]
            return _applied(source.make, zip(*columns, strict=True))
        if isinstance(source, Computed) and source.of is not None and source.then is not None:
            return None if (given := self._all(source.of)) is None else _applied(source.then, given)
        return _applied(source, self._spans)

    @cached_property
    def _spans(self) -> list[Span]:
        return self.batch.spans()


def _nothing(found: list[Any]) -> bool:
    return not any(found) and found.count(None) == len(found)


def _of_spans(source: Source) -> TypeGuard[Callable[[Span], Any]]:
    """Return whether a source is a function of whole spans."""
    return not isinstance(source, str | Bound) and (not isinstance(source, Computed) or source.of is None)


def _applied(function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    """Return what a function makes of each value that is there, UNREADABLE where it cannot."""
    found = []
    for value in values:
        if value is None or value is UNREADABLE:
            found.append(value)
            continue
        try:
            found.append(function(value))
        except _FAULTS:
            found.append(UNREADABLE)
    return found
