"""What a document states, free of any format; every text is final, so that renderers compute nothing.

Figures, tables and charts are measured: they carry the n and the evidence id of the answer that they show. A statement
says whether it was measured, declared by somebody, or is left open for a named person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """How a statement is known."""

    MEASURED = "measured"
    DECLARED = "declared"
    EXPERT = "expert"


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Source:
    """Where a measured block comes from: the calls it rests on and the id that resolves to query and result."""

    n: int
    evidence_id: str

    def __str__(self) -> str:
        return f"n = {self.n:,} · evidence {self.evidence_id}"


@dataclass(frozen=True)
class Figure:
    """One key figure."""

    label: str
    value: str
    source: Source
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """Key figures that are read together."""

    items: tuple[Figure, ...]


@dataclass(frozen=True)
class Column:
    """One column of a table; numbers stand right."""

    header: str
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Table:
    """A table; `source` is None for one that lists rather than measures."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    source: Source | None = None
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite specification that holds its data; `alt` says the same in words."""

    caption: str
    spec: Mapping[str, Any]
    alt: str
    source: Source


@dataclass(frozen=True)
class Statement:
    """One sentence and how it is known; an expert's is open until `text` and `by` are filled in."""

    kind: Kind
    label: str
    text: str = ""
    by: str = ""
    on: str = ""


Block = Paragraph | Figures | Table | Chart | Statement


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole document; `meta` are (label, value) lines below the title, `draft` marks every page."""

    title: str
    subtitle: str
    meta: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    draft: bool = True
    language: str = "en"


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
