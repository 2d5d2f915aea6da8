"""What a document states, free of any format; every text is final, so that renderers compute nothing.

Figures, tables and charts are measured: they carry the n and the evidence id of the answer that they show. A statement was
declared by somebody; a box is open until a named person fills it; a gap says what was not measured, and why. A paragraph
is fixed wording: it explains and states no fact about the system.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Literal

# XML 1.0, section 2.2: what no document may hold, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_safe(value: Any) -> Any:
    """Return `value` with U+FFFD for what XML forbids, in every text, also inside tuples, lists and mappings."""
    match value:
        case str():
            return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value) if _NOT_XML.search(value) else value
        case tuple() | list():
            return type(value)(map(xml_safe, value))
        case Mapping():
            return {key: xml_safe(item) for key, item in value.items()}
        case _:
            return value


class _XmlSafe:
    """Part of a document: its texts come from senders and may hold anything, but renderers write XML."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, field.name, xml_safe(getattr(self, field.name)))


class Kind(StrEnum):
    """How a statement is known."""

    MEASURED = "measured"
    DECLARED = "declared"
    EXPERT = "expert"


@dataclass(frozen=True)
class Paragraph(_XmlSafe):
    """Running text."""

    text: str


@dataclass(frozen=True)
class Source:
    """Where a measured block comes from: the calls it rests on and the id that resolves to query and result."""

    n: int
    evidence_id: str
    window: str = ""
    """The period in words."""
    method: str = ""
    """How it was computed, the interval's method included."""

    def __str__(self) -> str:
        return f"n = {self.n:,} · evidence {self.evidence_id}"


@dataclass(frozen=True)
class Figure(_XmlSafe):
    """One key figure."""

    label: str
    value: str
    source: Source
    unit: str = ""
    note: str = ""
    cell: tuple[int, str] | None = None
    """Row and column of the answer that `value` shows; None when it is made of several."""


@dataclass(frozen=True)
class Figures:
    """Key figures that are read together."""

    items: tuple[Figure, ...]


@dataclass(frozen=True)
class Column(_XmlSafe):
    """One column of a table; numbers stand right."""

    header: str
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Table(_XmlSafe):
    """A table; `source` is None for one that lists rather than measures."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    source: Source | None = None
    note: str = ""
    by: str = ""
    """Who declared what a table without a source lists; empty where it lists fixed or derived things."""
    on: str = ""


@dataclass(frozen=True)
class Chart(_XmlSafe):
    """A Vega-Lite specification that holds its data; `alt` says the same in words."""

    caption: str
    spec: Mapping[str, Any]
    alt: str
    source: Source


@dataclass(frozen=True)
class Statement(_XmlSafe):
    """What somebody declared or judged, and who; `id` is the requirement or fact it answers."""

    kind: Kind
    label: str
    text: str = ""
    by: str = ""
    on: str = ""
    id: str = ""
    citation: str = ""


@dataclass(frozen=True)
class Box(_XmlSafe):
    """An open field: what a person has to write, and the help to write it. `kind` is DECLARED or EXPERT."""

    kind: Kind
    id: str
    """The requirement that it answers."""
    label: str
    question: str
    why: str
    """Why a machine cannot answer."""
    example: str
    """What good content looks like, of a system that does not exist."""
    citation: str = ""
    owner: str = ""
    due: str = ""


@dataclass(frozen=True)
class Gap(_XmlSafe):
    """Something that would be measured and is not."""

    what: str
    why: str
    id: str = ""
    """The kind of evidence."""


@dataclass(frozen=True)
class NotApplicable(_XmlSafe):
    """A point that does not apply; it is shown with its reason, never left out."""

    label: str
    because: str
    by: str = ""
    on: str = ""
    id: str = ""
    citation: str = ""


Block = Paragraph | Figures | Table | Chart | Statement | Box | Gap | NotApplicable


@dataclass(frozen=True)
class Section(_XmlSafe):
    """A heading and what stands below it, up to the next heading."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 1
    """1 to 3."""
    number: str = ""
    """The statute's own number of the point: `2(b)`."""
    citation: str = ""


@dataclass(frozen=True)
class Approval(_XmlSafe):
    """A person's approval of a document, recorded with the hash of the content that was approved."""

    name: str
    role: str
    time: str
    """ISO 8601, UTC."""


@dataclass(frozen=True)
class Document(_XmlSafe):
    """A whole document; `meta` are (label, value) lines below the title, `draft` marks every page."""

    title: str
    subtitle: str
    meta: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    draft: bool = True
    language: str = "en"
    name: str = "monitoring_report"
    """The file's name without its ending."""
    id: str = ""
    version: str = ""
    """Semantic version within its set."""
    notice: str = ""
    """What the front page says it is, and is not."""
    warnings: tuple[str, ...] = ()
    """Shown on the front page, and not to be missed: legal data past its review."""
    approvals: tuple[Approval, ...] = ()
    created: str = ""
    """ISO 8601, UTC: the time that a file's properties give; empty = none of its own."""


def numbered(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections with the captions of tables and charts numbered throughout."""
    numbers = {"Table": 0, "Figure": 0}

    def number(block: Block) -> Block:
        if not isinstance(block, Table | Chart):
            return block
        noun = "Table" if isinstance(block, Table) else "Figure"
        numbers[noun] += 1
        return replace(block, caption=f"{noun} {numbers[noun]}. {block.caption}")

    return tuple(replace(section, blocks=tuple(map(number, section.blocks))) for section in sections)
