"""Sources that are found in many spans at once, and are read once for all that is made of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Protocol

from otel_cert.semconv.span import Span

if TYPE_CHECKING:
    from otel_cert.semconv.columns import Columns

Source = str | Callable[[Span], Any]
"""Where a value is found: the name of an attribute, or a function of the span; None = not there."""


class Form(Protocol):
    """What is alike in spans of one form, so that it is decided once for all of them which sources can find anything."""

    @property
    def names(self) -> Collection[str]:
        """The names of their attributes."""

    @property
    def events(self) -> bool:
        """Whether they have events."""

    @property
    def logs(self) -> bool:
        """Whether log records were sent for them."""


class Computed(ABC):
    """A source that says where it finds nothing, and is found in many spans at once.

    A mere function of the span is asked for each span, which takes longer.
    """

    @abstractmethod
    def __call__(self, span: Span) -> Any:
        """Return what is found in one span; None = not there."""

    @abstractmethod
    def possible(self, form: Form) -> bool:
        """Return whether spans of a form may have it."""

    @abstractmethod
    def column(self, columns: Columns) -> list[Any] | None:
        """Return what is found in each span, None where nothing and `columns.UNREADABLE` where it failed; None = nothing."""

    def bound(self, form: Form, bind: Callable[[Source], Source]) -> Source:  # noqa: ARG002 - this one is for all forms
        """Return the source made for spans of a form; `bind` does so with those that it is made of."""
        return self


def possible(source: Source, form: Form) -> bool:
    """Return whether a source may find something in spans of a form."""
    if isinstance(source, str):
        return source in form.names
    return not isinstance(source, Computed) or source.possible(form)


def value_of(source: Source, span: Span) -> Any:
    """Return what a source finds in one span; None when it is not there."""
    return span.attributes.get(source) if isinstance(source, str) else source(span)
