"""What every format says in the same words: labels of blocks, where a figure comes from, who stated something."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from otel_cert.report.model import (
    Box,
    Column,
    Document,
    Figures,
    Kind,
    NotApplicable,
    Paragraph,
    Section,
    Source,
    Statement,
    Table,
)
from otel_cert.report.numerals import localized
from otel_cert.report.words import Words

Row = tuple[str, str]

MADE_BY = "Made by otel-cert; not signed, not certified"
OPEN = "[open] To be completed by a named person."
_REQUIRED = {Kind.EXPERT: "[EXPERT INPUT REQUIRED]", Kind.DECLARED: "[DECLARATION REQUIRED]"}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def created(document: Document) -> dt.datetime:
    """Return the time for a file's properties: the document's own, else the epoch, so that bytes do not change."""
    return dt.datetime.fromisoformat(document.created).astimezone(dt.UTC) if document.created else _EPOCH


def heading(section: Section) -> str:
    """Return the heading as it is read: the statute's number, then the title."""
    return f"{section.number} {section.title}".strip()


def front(document: Document, words: Words) -> tuple[Row, ...]:
    """Return the lines below the title: what the document gives, then its id, version and approvals."""
    given = {value for _, value in document.meta}
    own = ((words["Document"], document.id), (words["Version"], document.version))
    approvals = (
        (words["Approved by"], ", ".join(part for part in (one.name, one.role, one.time) if part))
        for one in document.approvals
    )
    return (*document.meta, *(row for row in own if row[1] and row[1] not in given), *approvals)


def leveled(document: Document) -> Iterator[tuple[Section, int]]:
    """Yield the sections, each with its level: 1 to 3, and never more than one below the heading before."""
    level = 0
    for section in document.sections:
        level = max(1, min(section.level, level + 1, 3))
        yield section, level


def introducing(document: Document) -> Iterator[list[bool]]:
    """Yield for each section which of its blocks are texts that belong to what follows, and so on the same page.

    That is a text before anything else, and every text between a heading and that, or the next heading below it.
    """
    for section, after in zip(document.sections, (*document.sections[1:], None), strict=True):
        texts = [isinstance(block, Paragraph) for block in section.blocks]
        heads = after is not None and after.level > section.level
        opening = texts.index(False) if False in texts else len(texts) if heads else 0
        neighbours = enumerate(pairwise([*texts, True]))
        yield [(text and not below) or index < opening for index, (text, below) in neighbours]


def footer(document: Document, words: Words) -> str:
    """Return what stands at the foot of every page beside its number."""
    version = f"{words['Version']} {document.version}" if document.version else ""
    return " · ".join(part for part in (words[MADE_BY], document.id, version) if part)


def rests_on(source: Source, words: Words) -> str:
    """Return n, evidence id and method of a figure; a reader recomputes it from these."""
    parts = [f"n = {localized(f'{source.n:,}', words.language)}", f"{words['evidence']} {source.evidence_id}"]
    return " · ".join([*parts, f"{introduced(words['method'], words)} {source.method}"] if source.method else parts)


def table_of(block: Figures, words: Words) -> Table:
    """Return figures as a table of one row each, so that they are read aloud in order."""
    columns = (Column(words["Key figure"]), Column(words["Value"], "right"), Column(words["Note"]))
    rows = tuple(
        (figure.label, f"{figure.value} {figure.unit}".rstrip(), figure.note, rests_on(figure.source, words))
        for figure in block.items
    )
    return Table("", (*columns, Column(words["Rests on"])), rows)


def window(source: Source | None, words: Words) -> str:
    """Return the period that a source is about, or nothing when it does not say."""
    return f"{introduced(words['window'], words)} {source.window}" if source and source.window else ""


def windows(block: Figures, words: Words) -> str:
    """Return the periods of figures that are read together, each once."""
    return " · ".join(dict.fromkeys(text for figure in block.items if (text := window(figure.source, words))))


def below(block: Table, words: Words) -> tuple[str, ...]:
    """Return the lines below a table: its note, what it rests on or who declared it."""
    if block.source:
        return (block.note, sourced(block.source, words))
    return (block.note, _who("declared by", block.by, block.on, words) if block.by else "")


def sourced(source: Source, words: Words) -> str:
    """Return in one line what a table or chart rests on."""
    return " · ".join(part for part in (rests_on(source, words), window(source, words)) if part)


def label(block: Statement | Box | NotApplicable) -> str:
    """Return the label with the citation of what it answers."""
    return f"{block.label} ({block.citation})" if block.citation else block.label


def introduced(name: str, words: Words) -> str:
    """Return a label as the text after it is read: with a colon, before which French has a space."""
    return f"{name}{words[':']}"


def lead(block: Statement | NotApplicable, words: Words) -> str:
    """Return the label as the text after it is read; a question needs no colon."""
    shown = label(block)
    return shown if shown.endswith("?") else introduced(shown, words)


def known(block: Statement, words: Words) -> str:
    """Return how a statement is known: by whom, since when, and for which requirement; nobody judged an open one."""
    how = {Kind.DECLARED: "declared", Kind.EXPERT: "judged", Kind.MEASURED: "measured"}[block.kind]
    said = _who(f"{how} by", block.by, block.on, words) if block.by else "" if is_open(block) else words[how]
    return " · ".join(part for part in (said, block.id) if part)


def is_open(block: Statement) -> bool:
    """Return whether nobody has written the judgement yet that a statement asks for."""
    return block.kind is Kind.EXPERT and not block.by


def required(block: Box, words: Words) -> str:
    """Return the mark of an open field."""
    return words[_REQUIRED[block.kind]]


def help_of(block: Box, words: Words) -> Iterator[Row]:
    """Yield label, with its colon, and text of what helps to fill an open field."""
    yield introduced(words["Question"], words), block.question
    if block.why:
        yield introduced(words["Why a machine cannot answer"], words), block.why
    if block.example:
        yield introduced(words["Example of good content"], words), block.example


def task(block: Box, words: Words) -> str:
    """Return who has to fill an open field, until when, and under which name."""
    unknown = words["open"]
    rows = ((words["Owner"], block.owner or unknown), (words["Due"], block.due or unknown), (words["Field"], block.id))
    return " · ".join(f"{introduced(label, words)} {text}" for label, text in rows)


def excused(block: NotApplicable, words: Words) -> str:
    """Return who said that a point does not apply; without a name it follows from the classification."""
    said = _who("stated by", block.by, block.on, words) if block.by else ""
    return " · ".join(part for part in (said, block.id) if part)


def _who(how: str, by: str, on: str, words: Words) -> str:
    return f"{words[how]} {by}, {on}" if on else f"{words[how]} {by}"
