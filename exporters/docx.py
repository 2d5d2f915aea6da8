"""A document as Word: real styles, repeated table headings, page numbers, DRAFT on every page."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm

from otel_cert.report.model import Block, Chart, Document, Figures, Kind, Paragraph, Source, Statement, Table

from . import _vega
from ._word import add_field, alt_text, keep_whole, page, repeat_as_header, shade, styles

_TEXT_WIDTH_CM = 17.0
_ROWS_KEPT_TOGETHER = 16
_LONGEST_PROPERTY = 255
"""Characters that Word keeps of a core property."""


def render(document: Document) -> bytes:
    """Return the content of the .docx file."""
    word = docx.Document()
    _properties(word, document)
    styles(word, document.language)
    page(word, f"{'DRAFT · ' if document.draft else ''}{document.title} · {document.subtitle}")
    _title(word, document)
    for section in document.sections:
        word.add_heading(section.title, level=1)
        for block in section.blocks:
            _BLOCKS[type(block)](word, block)
    content = io.BytesIO()
    word.save(content)
    return content.getvalue()


def _properties(word: Any, document: Document) -> None:
    properties = word.core_properties
    properties.title = f"{document.title}: {document.subtitle}"[:_LONGEST_PROPERTY]
    properties.author = properties.last_modified_by = "otel-cert"
    properties.comments = ""
    properties.language = document.language
    properties.content_status = "Draft" if document.draft else ""


def _title(word: Any, document: Document) -> None:
    if document.draft:
        word.add_paragraph("DRAFT", style="Draft")
    word.add_paragraph(document.title, style="Title")
    word.add_paragraph(document.subtitle, style="Subtitle")
    rows = word.add_table(rows=0, cols=2)
    for label, value in document.meta:
        cells = rows.add_row().cells
        _cell(cells[0], label)
        _cell(cells[1], value)
    _widths(rows, [0.25, 0.75])
    word.add_paragraph()
    _contents(word, document)


def _contents(word: Any, document: Document) -> None:
    """Add a table of contents; until Word updates it with page numbers, it lists the headings."""
    word.add_paragraph("Contents", style="TOC Heading")
    paragraph = word.add_paragraph(style="Contents")
    add_field(paragraph, r'TOC \o "1-1" \h \z', [section.title for section in document.sections])


def _paragraph(word: Any, block: Paragraph) -> None:
    word.add_paragraph(block.text)


def _figures(word: Any, block: Figures) -> None:
    """Add the key figures as a table of one row each, so that they are read aloud in order; all on one page."""
    table = word.add_table(rows=1, cols=4, style="Report Table")
    _header(table, ["Figure", "Value", "Note", "Rests on"], ["left", "right", "left", "left"])
    for figure in block.items:
        cells = table.add_row().cells
        _cell(cells[0], figure.label)
        _cell(cells[1], f"{figure.value} {figure.unit}".rstrip(), "right")
        _cell(cells[2], figure.note)
        _cell(cells[3], str(figure.source))
        cells[1].paragraphs[0].runs[0].bold = True
    _widths(table, [0.17, 0.17, 0.36, 0.3])
    word.add_paragraph()


def _table(word: Any, block: Table) -> None:
    word.add_paragraph(block.caption, style="Caption")
    table = word.add_table(rows=1, cols=len(block.columns), style="Report Table")
    _header(table, [c.header for c in block.columns], [c.align for c in block.columns])
    for row in block.rows:
        cells = table.add_row().cells
        for cell, text, column in zip(cells, row, block.columns, strict=True):
            _cell(cell, text, column.align)
    _widths(table, _shares(block))
    _source(word, block.source, block.note)


def _chart(word: Any, block: Chart) -> None:
    image = _vega.png(block.spec)
    if image is None:
        word.add_paragraph(_vega.MISSING, style="Source")
        word.add_paragraph(block.alt)
    else:
        paragraph = word.add_paragraph(style="Picture")
        picture = paragraph.add_run().add_picture(io.BytesIO(image), width=Cm(_TEXT_WIDTH_CM))
        alt_text(picture, block.caption, block.alt)
    word.add_paragraph(block.caption, style="Caption").paragraph_format.keep_with_next = True
    _source(word, block.source)


def _statement(word: Any, block: Statement) -> None:
    paragraph = word.add_paragraph(style="Statement")
    paragraph.add_run(f"{block.label}: ").bold = True
    paragraph.add_run(block.text)
    if block.kind is Kind.EXPERT:
        word.add_paragraph("[open] To be completed by a named person.", style="Statement")
        word.add_paragraph(f"Name: {'_' * 40}    Date: {'_' * 16}", style="Source")
    else:
        by = f" by {block.by}, {block.on}" if block.by else ""
        word.add_paragraph(f"{block.kind}{by}", style="Source")


_BLOCKS: dict[type[Block], Callable[[Any, Any], None]] = {
    Paragraph: _paragraph,
    Figures: _figures,
    Table: _table,
    Chart: _chart,
    Statement: _statement,
}


def _source(word: Any, source: Source | None, note: str = "") -> None:
    parts = [part for part in (note, str(source) if source else "") if part]
    word.add_paragraph(" ".join(parts), style="Source")


def _header(table: Any, texts: list[str], alignment: list[Any]) -> None:
    repeat_as_header(table.rows[0])
    for cell, text, align in zip(table.rows[0].cells, texts, alignment, strict=True):
        _cell(cell, text, align)
        for run in cell.paragraphs[0].runs:
            run.bold = True
        shade(cell, "EEF1F4")


def _cell(cell: Any, text: str, align: str = "left") -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = "Table Text"
    paragraph.add_run(text)
    if align == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _shares(block: Table) -> list[float]:
    """Return each column's part of the width: by its longest cell, within bounds that keep every column readable."""
    longest = [
        max(8, *(len(word) for word in column.header.split()), *(len(row[i]) for row in block.rows))
        if block.rows
        else max(8, len(column.header))
        for i, column in enumerate(block.columns)
    ]
    bounded = [min(length, 24) + 2 for length in longest]  # 2: the space between columns
    return [length / sum(bounded) for length in bounded]


def _widths(table: Any, shares: list[float]) -> None:
    """Set the column widths as parts of the text width; a short table stays on one page."""
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(_TEXT_WIDTH_CM * share)
    short = len(table.rows) <= _ROWS_KEPT_TOGETHER
    for row in table.rows:
        keep_whole(row)
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Cm(_TEXT_WIDTH_CM * share)
            cell.paragraphs[0].paragraph_format.keep_with_next = short
