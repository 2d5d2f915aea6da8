"""Makes a document of the set from its outline: facts, requirements, evidence and named blocks, each marked as known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from otel_cert.law.pack import Requirement
from otel_cert.report import evidenced, front
from otel_cert.report.blocks import BACK, BLOCKS
from otel_cert.report.blocks.evidence import appendix
from otel_cert.report.context import Context
from otel_cert.report.facts import fact
from otel_cert.report.model import Block, Document, Gap, NotApplicable, Paragraph, Section, numbered
from otel_cert.report.monitoring import measured_sections
from otel_cert.report.once import once
from otel_cert.report.outline import Outline, Part, outline
from otel_cert.report.requirements import field

MONITORING = "monitoring_report"
_EVIDENCE = "evidence"


def build(context: Context, name: str) -> Document:
    """Return one document of the set, without the id and version that the set gives it.

    Raises:
        UsageError: there is no such document.

    """
    return made(context, name, outline(name))


def made(context: Context, name: str, one: Outline) -> Document:
    """Return the document of an outline."""
    writer = _Writer(context, one)
    opening = Section("About this document", (Paragraph(one.purpose), Paragraph(front.MARKS)))
    measured = measured_sections(context) if name == MONITORING else ()
    content = [*measured, *(writer.section(level, part) for level, part in one.parts)]
    placed = {block for _, part in one.parts for block in part.blocks}
    back = [Section(title, writer.block(block)) for block, title in BACK.items() if block not in placed]
    sections = _with_appendix(context, once((opening, *content, *back)))
    return Document(
        title=one.title,
        subtitle=context.system.system.name,
        meta=front.meta(context, one.basis),
        sections=numbered(sections),
        name=name,
        notice=front.notice(context),
        warnings=front.warnings(context),
        created=context.created.isoformat(timespec="seconds"),
    )


class _Writer:
    """Writes the sections of one document; each kind of evidence stands in it once in full."""

    def __init__(self, context: Context, one: Outline) -> None:
        self.context = context
        parts = [part for _, part in one.parts]
        self.homes = {kind: _heading(part) for part in reversed(parts) for kind in _homed(part)}
        """Kind of evidence -> heading of the first section that the outline gives it to."""
        self.requirements = {one.id: one for one in context.pack.requirements}
        self.shown: dict[str, str] = {}
        """Kind of evidence -> heading of the section that shows it."""

    def section(self, level: int, part: Part) -> Section:
        heading = _heading(part)
        self.shown.update({_SHOWN_BY[name]: heading for name in part.blocks if name in _SHOWN_BY})
        blocks: list[Block] = [Paragraph(part.text)] if part.text else []
        blocks += (fact(self.context.system, path, *self.context.declarer) for path in self._facts(part))
        for id_ in part.requirements:
            blocks += self._requirement(self.requirements[id_], heading)
        blocks += self._evidence(part.evidence, heading)
        for name in part.blocks:
            blocks += self.block(name)
        return Section(part.title, tuple(blocks), level, part.number, part.citation)

    def block(self, name: str) -> tuple[Block, ...]:
        if name == _EVIDENCE:
            return (_APPENDIX,)
        key = f"block {name}"  # a kind of evidence may have the same name
        if key not in self.context.made:
            self.context.made[key] = BLOCKS[name](self.context)
        return self.context.made[key]

    def _facts(self, part: Part) -> Iterator[str]:
        """Yield the facts to show: those of a deployer or a responsible person that is named, or their names alone."""
        for path in part.facts:
            owner = path.partition(".")[0]
            if getattr(self.context.system, owner) is not None or path.endswith(".name"):
                yield path

    def _requirement(self, requirement: Requirement, heading: str) -> Iterator[Block]:
        found = field(self.context, requirement)
        if isinstance(found, NotApplicable):
            yield found
            return
        yield Paragraph(requirement.paraphrase)
        if found is not None:
            yield found
        yield from self._evidence(requirement.evidence_from_traces, heading)

    def _evidence(self, kinds: Iterable[str], heading: str) -> Iterator[Block]:
        elsewhere: list[str] = []
        for kind in kinds:
            if kind in self.shown or self.homes.get(kind, heading) != heading:
                elsewhere.append(kind)
                continue
            self.shown[kind] = heading
            yield from evidenced.shown(self.context, kind)
        found = {kind: self.shown.get(kind) or self.homes[kind] for kind in elsewhere}
        places = {kind: place for kind, place in found.items() if place != heading}
        if places:
            yield front.reference(self.context, places)


def _heading(part: Part) -> str:
    return f"{part.number} {part.title}".strip()


def _homed(part: Part) -> Iterator[str]:
    """Yield the kinds of evidence that an outline gives to a section, by name or by a block that shows them."""
    yield from part.evidence
    yield from (_SHOWN_BY[name] for name in part.blocks if name in _SHOWN_BY)


_SHOWN_BY = {"changes": "change_log"}
"""Block -> the kind of evidence that it shows in full."""
_APPENDIX = Gap("", "", _EVIDENCE)
"""Stands where the evidence appendix comes, until all other sections are there."""


def _with_appendix(context: Context, sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections with the evidence of their measured blocks where the appendix stands."""
    rest = [block for section in sections for block in section.blocks if block is not _APPENDIX]
    found = appendix(context, rest)
    return tuple(
        replace(
            section, blocks=tuple(b for block in section.blocks for b in (found if block is _APPENDIX else (block,)))
        )
        for section in sections
    )
