"""Answers to evaluate, from a file: one row each, with context and, where there are any, labels.

A bad row is told with its place and left out; it never stops the rest. Texts keep every character, so that offsets hold;
only lone surrogates, which are no characters, become U+FFFD.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from otel_cert.errors import UsageError
from otel_cert.evaluation.formats import Bad, length, opened

FIELDS = ("id", "answer", "context", "question", "label", "spans", "document", "weight")
"""What a row may have; each can be called otherwise in the file."""

_ALSO = {"document": ("document", "doc", "conversation", "conversation_id")}
_LABELS = {
    **dict.fromkeys((True, 1, "1", "1.0", "true", "supported", "yes"), True),
    **dict.fromkeys((False, 0, "0", "0.0", "false", "unsupported", "no"), False),
}
"""A column of whole numbers that has a gap is written as 1.0 and 0.0 by some tools."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_LISTED = re.compile(r'\s*\[\s*["\]]')
"""How a JSON list begins that holds texts, or nothing."""
_NAMED = 8
"""Most names that a message lists."""


@dataclass(frozen=True, slots=True)
class Row:
    """One answer."""

    place: str
    """Where it stands, e.g. `line 7`."""
    id: str | int
    """As the file has it, else the number of the row."""
    answer: str | None
    context: tuple[str, ...] | None
    """Chunks of text."""
    question: str | None = None
    label: bool | None = None
    """Whether a person found it wholly supported; None = not labelled."""
    spans: tuple[tuple[int, int], ...] | None = None
    """Characters of the answer that a person found unsupported."""
    cluster: str | None = None
    """Document or conversation that it shares with others."""
    weight: float = 1.0
    """How many answers it stands for, when it was drawn by a sampling plan."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Values of the fields that were asked for, as text."""
    unscorable: str | None = None
    """Why it cannot be scored, where its source knows better than that something is missing."""


class Source(Protocol):
    """Where answers come from: a `File`, or stored calls. It can be read several times, unless it is standard input."""

    @property
    def name(self) -> str:
        """What it is called in answers."""
        ...

    @property
    def sha256(self) -> str | None:
        """Hash of the file; None when it is none."""
        ...

    @property
    def total(self) -> int | None:
        """Return about how many rows there are, or None."""
        ...

    @property
    def start_ns(self) -> int | None:
        """When the first answer was made, ns since 1970; None = not known."""
        ...

    def __iter__(self) -> Iterator[Row | Bad]:
        """Yield the rows in their order."""
        ...


@dataclass(frozen=True)
class File:
    """A file of answers, and what its columns are called."""

    path: Path
    names: Mapping[str, str] = field(default_factory=dict)
    """Field -> name in the file, where they differ."""
    groups: Sequence[str] = ()
    """Further fields of the file to keep."""
    start_ns: int | None = None
    """When the first answer was made at the earliest, ns since 1970, if that is known."""
    fields: dict[str, None] = field(default_factory=dict, init=False, compare=False)
    """What the columns of the rows read so far are called, in their order."""

    def __post_init__(self) -> None:
        """Raise UsageError for a name that is none of FIELDS."""
        if unknown := [name for name in self.names if name not in FIELDS]:
            raise UsageError(f"rows have no field {unknown[0]!r}", hint=f"map one of: {', '.join(FIELDS)}")

    @property
    def name(self) -> str:
        """Its path."""
        return clean(str(self.path))

    @cached_property
    def sha256(self) -> str | None:
        """Hash of the file; None for standard input."""
        if str(self.path) == "-":
            return None
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def total(self) -> int | None:
        """About how many rows there are; None when only reading it would tell."""
        return length(self.path)

    def __iter__(self) -> Iterator[Row | Bad]:
        """Yield the rows in their order; an id that was there before makes a row bad."""
        seen: set[str | int] = set()
        for number, (place, found) in enumerate(opened(self.path), 1):
            if isinstance(found, Bad):
                yield found
                continue
            self.fields.update(dict.fromkeys(found))
            try:
                row = self._row(place, number, found)
            except _Wrong as wrong:
                yield Bad(place, str(wrong))
                continue
            if row.id in seen:
                yield Bad(place, f"the id {row.id!r} was there before")
                continue
            seen.add(row.id)
            yield row

    @property
    def nameless(self) -> str | None:
        """What is wrong when no row that was read has a field for the answer, in words, or None: its name is another."""
        name = self.names.get("answer", "answer")
        if not self.fields or name in self.fields:
            return None
        listed = [clean(str(one)) for one in self.fields]
        more = ", ..." if len(listed) > _NAMED else ""
        return f"no row of {self.name} has a field {name!r}; it has: {', '.join(map(repr, listed[:_NAMED]))}{more}"

    def _row(self, place: str, number: int, found: Mapping[str, Any]) -> Row:
        value = {name: self._value(name, found) for name in FIELDS}
        return Row(
            place,
            _id(value["id"], number),
            _text("answer", value["answer"]),
            _context(value["context"]),
            _text("question", value["question"]),
            _label(value["label"]),
            _spans(value["spans"]),
            _cluster(value["document"]),
            _weight(value["weight"]),
            {name: _said(found.get(name)) for name in self.groups},
        )

    def _value(self, name: str, found: Mapping[str, Any]) -> Any:
        if name in self.names:
            return found.get(self.names[name])
        return next((found[key] for key in _ALSO.get(name, (name,)) if found.get(key) is not None), None)


class _Wrong(Exception):
    """A field is not what it should be."""


def clean(text: str) -> str:
    """Return text of which every part is a character, with the same offsets."""
    return _SURROGATES.sub("\ufffd", text)


def _id(value: Any, number: int) -> str | int:
    if value is None:
        return number
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Wrong(f"the id is {_kind(value)}, not a text or a whole number")
    if isinstance(value, str) and _SURROGATES.search(value):
        raise _Wrong("the id holds half a character (a lone surrogate)")
    return value


def _text(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Wrong(f"the {name} is {_kind(value)}, not a text")
    return clean(value)


def _context(value: Any) -> tuple[str, ...] | None:
    """Return the chunks; a text that is a JSON list of texts, as CSV has to write it, is that list."""
    if isinstance(value, str) and _LISTED.match(value):
        try:
            listed = json.loads(value)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and all(isinstance(chunk, str) for chunk in listed):
            value = listed
    if value is None:
        return None
    chunks = [value] if isinstance(value, str) else value
    if not isinstance(chunks, list) or not all(isinstance(chunk, str) for chunk in chunks):
        others = [chunk for chunk in chunks if not isinstance(chunk, str)] if isinstance(chunks, list) else []
        held = f" that holds {_kind(others[0])}" if others else ""
        raise _Wrong(f"the context is {_kind(value)}{held}, not a text or a list of texts")
    return tuple(clean(chunk) for chunk in chunks)


def _label(value: Any) -> bool | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    key = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(key, str | int | float) or key not in _LABELS:
        raise _Wrong(f"the label is {_kind(value)}; write 1 (supported) or 0 (unsupported)")
    return _LABELS[key]


def _spans(value: Any) -> tuple[tuple[int, int], ...] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            raise _Wrong("the spans are no JSON list") from None
    if value is None:
        return None
    if not isinstance(value, list):
        raise _Wrong(f"the spans are {_kind(value)}, not a list of [start, end]")
    return tuple(_span(one) for one in value)


def _span(value: Any) -> tuple[int, int]:
    match value:
        case [int(start), int(end), *_] if 0 <= start <= end:
            return start, end
        case {"start": int(start), "end": int(end)} if 0 <= start <= end:
            return start, end
    raise _Wrong("a span is not [start, end] with 0 <= start <= end")


def _cluster(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, dict | list):
        raise _Wrong(f"the document is {_kind(value)}, not a name")
    return clean(str(value))


def _weight(value: Any) -> float:
    if value is None or value == "":
        return 1.0
    try:
        weight = float(value)
    except (TypeError, ValueError):
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise _Wrong(f"the weight is {_kind(value)}, not a number above 0")
    return weight


def _said(value: Any) -> str:
    return "unknown" if value is None or value == "" else clean(str(value))


def _kind(value: Any) -> str:
    """Return a wrong value in words, short."""
    if isinstance(value, str | int | float):
        shown = repr(value)
        return shown if len(shown) <= 40 else f"{shown[:37]}..."
    names = {list: "a list", dict: "an object", type(None): "null", bytes: "bytes"}
    return names.get(type(value), f"a {type(value).__name__}")
