"""Columns: what sources find in all spans of a batch, each found once for all that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from otel_cert.semconv.computed import Computed, Source
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
        if not every and source not in self._found and not isinstance(source, str | Computed):
            return self.applied(source, [self._spans[place] for place in places])
        found = self.all(source)
        return found if every or found is None else [found[place] for place in places]

    def all(self, source: Source) -> list[Any] | None:
        """Return what a source finds in each span; None where it finds nothing in any."""
        if source not in self._found:
            found = self._find(source)
            self._found[source] = None if found is None or _nothing(found) else found
        return self._found[source]

    def whole(self, source: Source) -> list[Any]:
        """Return what a source finds in each span; what cannot be read is not there."""
        found = self.all(source)
        if found is None:
            return [None] * len(self.batch)
        return found if isinstance(source, str) else [None if value is UNREADABLE else value for value in found]

    def _find(self, source: Source) -> list[Any] | None:
        if isinstance(source, str):
            return self.batch.attribute(source)
        return source.column(self) if isinstance(source, Computed) else self.applied(source, self._spans)

    @cached_property
    def _spans(self) -> list[Span]:
        return self.batch.spans()

    @staticmethod
    def applied(function: Callable[..., Any], values: list[Any], *others: list[Any]) -> list[Any]:
        """Return what a function makes of each value that is there, UNREADABLE where it cannot."""
        with suppress(*_FAULTS):
            if all(values):
                return list(map(function, values, *others))
            if not others:
                return [value if value is None or value is UNREADABLE else function(value) for value in values]
            return [
                value if value is None or value is UNREADABLE else function(value, *more)
                for value, *more in zip(values, *others, strict=True)
            ]
        found = []
        for value, *more in zip(values, *others, strict=True):
            try:
                found.append(value if value is None or value is UNREADABLE else function(value, *more))
            except _FAULTS:
                found.append(UNREADABLE)
        return found


def _nothing(found: list[Any]) -> bool:
    return not any(found) and found.count(None) == len(found)
