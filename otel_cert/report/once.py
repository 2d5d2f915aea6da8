"""Shows each measured table, chart, figure, gap and long explanation once; what comes again is named with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from otel_cert.report.model import Block, Chart, Figure, Figures, Gap, Paragraph, Section, Table

_LONG = 200
"""Characters; shorter remarks belong to what stands beside them, longer explanations are read once."""


def once(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections without what stood in an earlier one, whatever it was called there."""
    seen: dict[str, str] = {}
    return tuple(replace(section, blocks=tuple(_new(section, seen))) for section in sections)


def _new(section: Section, seen: dict[str, str]) -> Iterator[Block]:
    heading = f"{section.number} {section.title}".strip()
    for block in section.blocks:
        if isinstance(block, Figures):
            items = tuple(figure for figure in block.items if not _place(_figure(figure), heading, seen))
            if items:
                yield block if len(items) == len(block.items) else Figures(items)
        elif isinstance(block, Table | Chart) and block.source is not None:
            place = _place(_content(block), heading, seen)
            yield Paragraph(f"{block.caption}: see “{place}”.") if place else block
        elif isinstance(block, Gap) or (isinstance(block, Paragraph) and len(block.text) > _LONG):
            if not _place(repr(block), heading, seen):
                yield block
        else:
            yield block


def _place(content: str, heading: str, seen: dict[str, str]) -> str | None:
    """Return the heading under which a content was seen before; remember it when it was not."""
    found = seen.get(content)
    seen.setdefault(content, heading)
    return found


def _figure(figure: Figure) -> str:
    return json.dumps([figure.label, figure.value, figure.unit, figure.source.evidence_id])


def _content(block: Table | Chart) -> str:
    id_ = block.source.evidence_id if block.source else ""
    if isinstance(block, Chart):
        return json.dumps([id_, block.spec], default=str)
    return json.dumps([id_, [column.header for column in block.columns], block.rows])
