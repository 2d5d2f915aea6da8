"""Points that do not apply for one reason, gathered: a reader of twenty boxes that say the same reads none of them.

What is kept, compared and checked is the document as it was; only pages show it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from otel_cert.report.model import Block, Document, NotApplicable, Section
from otel_cert.report.words import Words

from . import _phrases

_FEWEST_SECTIONS = 3
"""Fewer keep their headings."""


def gathered(document: Document, words: Words) -> Document:
    """Return the document with neighbours that do not apply for one reason as one block.

    The block says the reason once and names every point with its number, title and id, a line each. Sections that hold
    nothing else become one, whose number says from where to where.
    """
    sections: list[Section] = []
    for reason, alike in _runs(document.sections):
        if reason and len(alike) >= _FEWEST_SECTIONS:
            sections.append(_one(alike, words))
        else:
            sections += (replace(section, blocks=tuple(_blocks(section.blocks, words))) for section in alike)
    return replace(document, sections=tuple(sections))


_Reason = tuple[object, ...]
"""Why, who says so and since when; of sections their level too. Empty where something applies."""


def _runs(sections: Sequence[Section]) -> Iterator[tuple[_Reason, list[Section]]]:
    """Yield neighbouring sections with the reason that they share."""
    after = (*(section.level for section in sections[1:]), 0)
    reasons = [
        () if below > section.level else _of_section(section) for section, below in zip(sections, after, strict=True)
    ]
    for reason, alike in groupby(zip(reasons, sections, strict=True), key=lambda pair: pair[0]):
        yield reason, [section for _, section in alike]


def _of_section(section: Section) -> _Reason:
    found = {_of_block(block) for block in section.blocks}
    return (section.level, *found.pop()) if section.number and len(found) == 1 and () not in found else ()


def _of_block(block: Block) -> _Reason:
    return (block.because, block.by, block.on) if isinstance(block, NotApplicable) else ()


def _one(sections: Sequence[Section], words: Words) -> Section:
    first, last = sections[0], sections[-1]
    points = [
        replace(block, label=_named(section, block))
        for section in sections
        for block in section.blocks
        if isinstance(block, NotApplicable)
    ]
    number = f"{first.number} \N{EN DASH} {last.number}"
    return replace(first, title=words["Not applicable"], number=number, citation="", blocks=(_block(points, words),))


def _named(section: Section, point: NotApplicable) -> str:
    heading = _phrases.heading(section)
    return heading if point.label == section.title else f"{heading}: {point.label}"


def _blocks(blocks: Sequence[Block], words: Words) -> Iterator[Block]:
    for reason, alike in groupby(blocks, key=_of_block):
        same = list(alike)
        points = [block for block in same if isinstance(block, NotApplicable)] if reason else []
        if len(points) > 1:
            yield _block(points, words)
        else:
            yield from same


def _block(points: Sequence[NotApplicable], words: Words) -> NotApplicable:
    lines = (" · ".join(part for part in (_phrases.label(point), point.id) if part) for point in points)
    text = "\n".join((points[0].because, *lines))
    return NotApplicable(words["The following points"], text, points[0].by, points[0].on)
