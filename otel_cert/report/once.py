"""Shows each measured table, chart, figure, gap and long explanation once; what comes again is named with its place.

The table of all that is not measured names the place of a gap that stood before, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from otel_cert.report.blocks.limits import UNMEASURED
from otel_cert.report.model import Block, Chart, Figure, Figures, Gap, Paragraph, Section, Table

PLACE = "see “{heading}”"
"""In the place of a reason that stands under another heading."""
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
        elif isinstance(block, Table) and block.caption == UNMEASURED:
            yield replace(block, rows=tuple((what, _why(what, why, seen)) for what, why in block.rows))
        elif isinstance(block, Gap) or (isinstance(block, Paragraph) and len(block.text) > _LONG):
            content = _gap(block.what, block.why) if isinstance(block, Gap) else block.text
            if not _place(content, heading, seen):
                yield block
        else:
            yield block


def _place(content: str, heading: str, seen: dict[str, str]) -> str | None:
    """Return the heading under which a content was seen before; remember it when it was not."""
    found = seen.get(content)
    seen.setdefault(content, heading)
    return found


def _why(what: str, why: str, seen: dict[str, str]) -> str:
    """Return why something is not measured, or under which heading that stands."""
    place = seen.get(_gap(what, why))
    return PLACE.format(heading=place) if place else why


def _gap(what: str, why: str) -> str:
    return json.dumps([what, why])


def _figure(figure: Figure) -> str:
    return json.dumps([figure.label, figure.value, figure.unit, figure.source.evidence_id])


def _content(block: Table | Chart) -> str:
    id_ = block.source.evidence_id if block.source else ""
    if isinstance(block, Chart):
        return json.dumps([id_, block.spec], default=str)
    return json.dumps([id_, [column.header for column in block.columns], block.rows])
