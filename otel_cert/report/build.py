"""Makes a document of the set from its outline: facts, requirements, evidence and named blocks, each marked as known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from otel_cert.law.pack import Requirement
from otel_cert.report import evidenced, front
from otel_cert.report.applicability import applies
from otel_cert.report.blocks import BACK, BLOCKS
from otel_cert.report.blocks.evidence import appendix
from otel_cert.report.blocks.glossary import explained
from otel_cert.report.blocks.limits import limits
from otel_cert.report.context import Context
from otel_cert.report.facts import fact
from otel_cert.report.model import Block, Document, Gap, NotApplicable, Paragraph, Section, numbered
from otel_cert.report.monitoring import measured_sections
from otel_cert.report.once import once
from otel_cert.report.outline import Outline, Part, completed
from otel_cert.report.requirements import field

MONITORING = "monitoring_report"
DELETED = "The legal data in use have a requirement of this point no longer: it was deleted, or numbered anew."
_EVIDENCE = "evidence"
_LIMITS = "limits"


def build(context: Context, name: str) -> Document:
    """Return one document of the set, without the id and version that the set gives it.

    Raises:
        UsageError: there is no such document.

    """
    return made(context, name, completed(name, context.pack))


def made(context: Context, name: str, one: Outline) -> Document:
    """Return the document of an outline."""
    writer = _Writer(context, one)
    opening = Section("About this document", (Paragraph(one.purpose), Paragraph(front.MARKS)))
    measured = measured_sections(context) if name == MONITORING else ()
    content = [*measured, *(writer.section(level, part) for level, part in one.parts)]
    placed = {block for _, part in one.parts for block in part.blocks}
    back = [Section(title, writer.block(block)) for block, title in BACK.items() if block not in placed]
    sections = explained(_with_appendix(context, once((opening, *content, *back))))
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
        self.one = one
        self.requirements = {one.id: one for one in context.pack.requirements}
        self.whole = one.audience.every_tier
        """Whether it shows what is measured even where the Act asks nothing."""
        parts = [part for _, part in one.parts if self._concerns(part)]
        self.homes = {kind: _heading(part) for part in reversed(parts) for kind in _homed(part)}
        """Kind of evidence -> heading of the first section that the outline gives it to."""
        self.shown: dict[str, str] = {}
        """Kind of evidence -> heading of the section that shows it."""
        self.referred: dict[str, str] = {}
        """What the last reference to other sections named; the sections that follow need not name it again."""

    def section(self, level: int, part: Part) -> Section:
        heading = _heading(part)
        self.shown.update({kind: heading for name in part.blocks for kind in SHOWN_BY.get(name, ())})
        concerns = self._concerns(part)
        blocks: list[Block] = [Paragraph(part.text)] if part.text and (concerns or part.sections) else []
        if concerns:
            blocks += (fact(self.context.system, path, *self.context.declarer) for path in self._facts(part))
        for id_ in part.requirements:
            known = self.requirements.get(id_)
            blocks += self._requirement(known, heading) if known else (Paragraph(DELETED),)
        if concerns:
            blocks += self._evidence(part.evidence, heading)
        for name in part.blocks:
            blocks += self.block(name)
        return Section(part.title, tuple(blocks), level, part.number, part.citation)

    def block(self, name: str) -> tuple[Block, ...]:
        if name == _EVIDENCE:
            return (_APPENDIX,)
        if name == _LIMITS:
            return limits(self.context, None if self.whole else self.kinds)
        key = f"block {name}"  # a kind of evidence may have the same name
        if key not in self.context.made:
            self.context.made[key] = BLOCKS[name](self.context)
        return self.context.made[key]

    @cached_property
    def kinds(self) -> set[str]:
        """The kinds of evidence that this document asks for."""
        asked = {id_ for _, part in self.one.parts for id_ in part.requirements if id_ in self.requirements}
        applying = (
            self.requirements[id_] for id_ in asked if applies(self.context, self.requirements[id_]) is not False
        )
        return {*self.homes, *(kind for one in applying for kind in one.evidence_from_traces)}

    def _concerns(self, part: Part) -> bool:
        """Return whether a section is about something that applies, so that facts and evidence belong below it."""
        asked = [self.requirements[id_] for id_ in _asked(part) if id_ in self.requirements]
        return self.whole or not asked or any(applies(self.context, one) is not False for one in asked)

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
        yield Paragraph(front.IN_OUR_WORDS.format(asked=requirement.paraphrase))
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
        places = {
            kind: place
            for kind, place in found.items()
            if place != heading and evidenced.evidenced(self.context, kind)  # a gap is no evidence to look up
        }
        if places and places != self.referred:
            yield front.reference(self.context, places)
        self.referred = places or self.referred


def _heading(part: Part) -> str:
    return f"{part.number} {part.title}".strip()


def _asked(part: Part) -> Iterator[str]:
    """Yield the requirements of a section and of those below it."""
    yield from part.requirements
    for inner in part.sections:
        yield from _asked(inner)


def _homed(part: Part) -> Iterator[str]:
    """Yield the kinds of evidence that an outline gives to a section, by name or by a block that shows them."""
    yield from part.evidence
    yield from (kind for name in part.blocks for kind in SHOWN_BY.get(name, ()))


SHOWN_BY = {
    "changes": ("change_log",),
    "incidents": ("incidents", "evidence_freeze"),
    "thresholds": ("thresholds_registered",),
}
"""Block -> the kinds of evidence that it shows in full."""
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
