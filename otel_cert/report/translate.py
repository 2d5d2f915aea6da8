"""A document in another language: what we wrote is translated, what people or traces say is left as it is."""

from __future__ import annotations

from dataclasses import replace

from otel_cert.report import cells
from otel_cert.report.drawn import chart
from otel_cert.report.finish import APPROVAL
from otel_cert.report.forms import said, whole
from otel_cert.report.model import (
    Block,
    Box,
    Chart,
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

OURS_ON_FRONT = ("Responsible person", "Legal basis", "Classification", "Window", "Data as of", "Statute", "Legal data")
"""Labels on the front page whose values are ours, or hold ours beside a name; those of others are a person's, or names."""
OURS_STATED = (
    "classification",
    "labels",
    "decision",
    "incidents",
    "a3.filter",
    "a3.material_influence",
    "a3.profiling",
)
"""Ids of the statements whose texts are ours: they say what follows from answers, or that nothing is declared."""


def translate(document: Document, language: str) -> Document:
    """Return the document in `language` (ISO 639-1).

    A text of ours is replaced where it has a translation, whole or not at all, with the data that it holds (`forms`);
    so are the cells that are ours (`cells`). Numbers are written as the language does. What somebody declared or wrote,
    names and codes are never touched.
    """
    known = words(language)
    return replace(
        document,
        language=language,
        title=said(document.title, known),
        meta=tuple((said(label, known), _on_front(label, value, known)) for label, value in document.meta),
        notice=said(document.notice, known),
        warnings=tuple(said(warning, known) for warning in document.warnings),
        sections=tuple(_section(section, known) for section in document.sections),
    )


def _on_front(label: str, value: str, known: Words) -> str:
    return whole(value, known) if label in OURS_ON_FRONT else value


def _section(section: Section, known: Words) -> Section:
    blocks = tuple(_block(block, known) for block in section.blocks)
    return replace(section, title=said(section.title, known), citation=said(section.citation, known), blocks=blocks)


def _block(block: Block, known: Words) -> Block:
    match block:
        case Paragraph():
            return replace(block, text=said(block.text, known))
        case Figures():
            return replace(block, items=tuple(_figure(figure, known) for figure in block.items))
        case Table():
            source = _source(block.source, known) if block.source else None
            made = replace(cells.translated(block, known), note=said(block.note, known), source=source)
            return replace(made, caption=_caption(block.caption, known))
        case Chart():
            drawn = replace(block, alt=said(block.alt, known), spec=chart(block.spec, known))
            return replace(drawn, caption=_caption(block.caption, known), source=_source(block.source, known))
        case Statement():
            return _statement(block, known)
        case Box():
            asked = replace(block, question=said(block.question, known), why=said(block.why, known))
            shown = replace(asked, example=said(block.example, known))
            return replace(shown, label=said(block.label, known), citation=said(block.citation, known))
        case Gap():
            return replace(block, what=said(block.what, known), why=said(block.why, known))
        case NotApplicable():
            named = replace(block, label=said(block.label, known), citation=said(block.citation, known))
            return replace(named, because=whole(block.because, known), by=whole(block.by, known))


def _figure(figure: Figure, known: Words) -> Figure:
    label, value, unit, note = (said(text, known) for text in (figure.label, figure.value, figure.unit, figure.note))
    return replace(figure, label=label, value=value, unit=unit, note=note, source=_source(figure.source, known))


def _statement(block: Statement, known: Words) -> Statement:
    shown = replace(block, label=said(block.label, known), citation=said(block.citation, known))
    if block.id not in OURS_STATED and block.label != APPROVAL:
        return shown
    return replace(shown, text=said(block.text, known), by=whole(block.by, known))


def _source(source: Source, known: Words) -> Source:
    return replace(source, window=said(source.window, known), method=said(source.method, known))


def _caption(caption: str, known: Words) -> str:
    """Translate a caption and the noun of its number, each by itself."""
    noun, number, text = cells.split(caption)
    return f"{known[noun]} {number}. {said(text, known)}" if noun else said(text, known)
