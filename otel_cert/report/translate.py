"""A document in another language: what we wrote is translated, what people or traces say is left as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from otel_cert.report.blocks.annex_iv import CAPTION as ANNEX_IV
from otel_cert.report.blocks.evidence import APPENDIX, AS_FOR
from otel_cert.report.blocks.limits import UNMEASURED
from otel_cert.report.blocks.matrix import LEFT_OUT, TREATED
from otel_cert.report.elsewhere import elsewhere
from otel_cert.report.lines import (
    ASKED,
    LAW,
    NOT_MEASURED,
    PARAGRAPH,
    REMARK,
    WARNINGS,
    WINDOW,
    cell,
    formed,
    front,
    window,
)
from otel_cert.report.model import (
    Block,
    Box,
    Chart,
    Column,
    Document,
    Figure,
    Figures,
    Gap,
    NotApplicable,
    Paragraph,
    Section,
    Source,
    Statement,
    Table,
)
from otel_cert.report.words import Words, words

OURS: Mapping[str, tuple[str, ...]] = {
    "Terms": (),
    "Law": LAW,
    "Duties and dates of this system": (),
    "Dates of application; the tier of this system is not determined": (),
    "Transition of what was on the market before": (),
    "Guidance and its status": (),
    ANNEX_IV: REMARK,
    "Requirements by state": (),
    TREATED: REMARK,
    LEFT_OUT: REMARK,
    "Answers that would change the outcome": (),
    "Open questions: unknown, and each can still change the result": (),
    "Fines that attach to a breach": (),
    "How the rules read the Act where it can be read otherwise": (),
    UNMEASURED: NOT_MEASURED,
    "Sign-off": (),
    APPENDIX: (*WINDOW, *ASKED, AS_FOR),
}
"""Captions of the tables whose cells are fixed texts, with the forms of those that hold data.

Other tables may list what people wrote.
"""
LABELS = "What"
"""Header of a first column of labels of ours, beside which stands what somebody declared: an incident, a data set."""
_NUMBERED = re.compile(r"(Table|Figure) (\d+)\. (.*)", re.DOTALL)


def translate(document: Document, language: str) -> Document:
    """Return the document in `language` (ISO 639-1).

    A text of ours is replaced where it has a translation, whole or not at all: a sentence with figures in it stays
    English. Cells are translated in tables that list our own texts (`OURS`), and lines of the front page by their form.
    Cells of measured or declared tables, values, and what somebody declared or wrote are never touched.
    """
    known = words(language)
    return replace(
        document,
        language=language,
        title=known[document.title],
        subtitle=known[document.subtitle],
        meta=tuple((known[label], front(label, value, known)) for label, value in document.meta),
        notice=known[document.notice],
        warnings=tuple(formed(one, WARNINGS, known) or known[one] for one in document.warnings),
        sections=tuple(_section(section, known) for section in document.sections),
    )


def _section(section: Section, known: Words) -> Section:
    blocks = tuple(_block(block, known) for block in section.blocks)
    return replace(section, title=known[section.title], citation=known[section.citation], blocks=blocks)


def _block(block: Block, known: Words) -> Block:
    match block:
        case Paragraph():
            return replace(
                block, text=elsewhere(block.text, known) or formed(block.text, PARAGRAPH, known) or known[block.text]
            )
        case Figures():
            return replace(block, items=tuple(_figure(figure, known) for figure in block.items))
        case Table():
            columns = tuple(Column(known[column.header], column.align) for column in block.columns)
            source = _source(block.source, known) if block.source else None
            caption, note, rows = _caption(block.caption, known), known[block.note], _rows(block, known)
            return replace(block, caption=caption, columns=columns, note=note, source=source, rows=rows)
        case Chart():
            drawn = replace(block, alt=known[block.alt], spec=_titles(block.spec, known))
            return replace(drawn, caption=_caption(block.caption, known), source=_source(block.source, known))
        case Statement():
            return replace(block, label=known[block.label], citation=known[block.citation])
        case Box():
            asked = replace(block, question=known[block.question], why=known[block.why], example=known[block.example])
            return replace(asked, label=known[block.label], citation=known[block.citation])
        case Gap():
            return replace(block, what=known[block.what], why=known[block.why])
        case NotApplicable():
            # The reason may be a person's, which has no translation, or ours, with the name of who answered the questions.
            because = known.get(block.because, block.because) if block.by else known[block.because]
            return replace(block, label=known[block.label], because=because, citation=known[block.citation])


def _figure(figure: Figure, known: Words) -> Figure:
    source = _source(figure.source, known)
    return replace(figure, label=known[figure.label], unit=known[figure.unit], note=known[figure.note], source=source)


def _source(source: Source, known: Words) -> Source:
    return replace(source, window=window(source.window, known), method=known[source.method])


def _rows(table: Table, known: Words) -> tuple[tuple[str, ...], ...]:
    """Translate the cells of a table that lists our own texts, or those that only name what stands beside them."""
    numbered = _NUMBERED.fullmatch(table.caption)
    caption = numbered[3] if numbered else table.caption
    if table.source is None and table.columns[:1] == (Column(LABELS),) and caption not in OURS:
        return tuple((known[row[0]], *row[1:]) for row in table.rows)
    if table.source or table.by or caption not in OURS:
        return table.rows
    return tuple(tuple(cell(text, OURS[caption], known) for text in row) for row in table.rows)


def _caption(caption: str, known: Words) -> str:
    """Translate a caption and the noun of its number, each by itself."""
    numbered = _NUMBERED.fullmatch(caption)
    if numbered is None:
        return known[caption]
    noun, number, text = numbered.groups()
    return f"{known[noun]} {number}. {known[text]}"


def _titles(spec: Any, known: Words) -> Any:
    """Translate titles of axes and legends in a chart; its data are cells."""
    match spec:
        case Mapping():
            return {
                key: known[value]
                if key == "title" and isinstance(value, str)
                else value
                if key == "data"
                else _titles(value, known)
                for key, value in spec.items()
            }
        case list() | tuple():
            return [_titles(item, known) for item in spec]
        case _:
            return spec
