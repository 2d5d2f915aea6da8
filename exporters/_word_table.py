"""Tables of a Word document, written as XML: a cell at a time through python-docx takes seconds for a long one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from otel_cert.report.model import Table

from . import _code, _wide
from ._word_styles import CODE, TINT

_BLANK_HEIGHT = 520
"""Twentieths of a point of a row that is filled by hand."""
_RIGHT = '<w:jc w:val="right"/>'
_MOST_CHARACTERS_IN_A_ROW = 1200
"""A row up to this size stays on one page."""


def add_table(word: Any, table: Table, width: int) -> None:
    """Append a table as wide as `width`, in twentieths of a point; its first row is repeated on every page."""
    widths = [round(width * share) for share in _wide.shares(table)]
    text = word.styles["Table Text Small" if _wide.is_small(table) else "Table Text"].style_id
    together = _wide.stays_together(table)
    code = f'<w:rStyle w:val="{word.styles[CODE].style_id}"/>'
    head = [_runs([(column.header, False)], "<w:b/>") for column in table.columns]
    body = ([_runs(_code.cell_runs(table, cell), code=code) for cell in row] for row in table.rows)
    rows = [[column.header for column in table.columns], *table.rows]
    right = [column.align == "right" for column in table.columns]
    written = "".join(
        _row(row, cells, widths, right, text, header=not index, keep=together or not index)
        for index, (row, cells) in enumerate(zip(rows, [head, *body], strict=True))
    )
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    style = word.styles["Report Table"].style_id
    properties = (
        f'<w:tblStyle w:val="{style}"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook w:val="0020" w:firstRow="1"/><w:tblCaption w:val={quoteattr(table.caption)}/>'
    )
    made = f"<w:tbl {nsdecls('w')}><w:tblPr>{properties}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{written}</w:tbl>"
    word.element.body._insert_tbl(parse_xml(made))


def _row(
    row: Sequence[str],
    written: Sequence[str],
    widths: list[int],
    right: list[bool],
    style: str,
    *,
    header: bool,
    keep: bool,
) -> str:
    whole = "<w:cantSplit/>" if sum(map(len, row)) <= _MOST_CHARACTERS_IN_A_ROW else ""
    tall = f'<w:trHeight w:val="{_BLANK_HEIGHT}"/>' if _wide.is_blank(row) else ""
    properties = f"<w:trPr>{whole}{tall}{'<w:tblHeader/>' if header else ''}</w:trPr>"
    paragraph = f'<w:pStyle w:val="{style}"/>{"<w:keepNext/>" if keep else ""}'
    shade = f'<w:shd w:val="clear" w:fill="{TINT}"/>' if header else ""
    cells = (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>'
        f"<w:p><w:pPr>{paragraph}{_RIGHT if at_right else ''}</w:pPr>"
        f"{cell}</w:p></w:tc>"
        for cell, width, at_right in zip(written, widths, right, strict=True)
    )
    return f"<w:tr>{properties}{''.join(cells)}</w:tr>"


def _runs(runs: Iterable[_code.Run], look: str = "", code: str = "") -> str:
    """Return the parts of a cell; `look` and `code` are run properties of text and of code."""
    return "".join(f"<w:r><w:rPr>{code if is_code else look}</w:rPr>{_text(part)}</w:r>" for part, is_code in runs)


def _text(text: str) -> str:
    """Return a text as content of a run; a tab is a space here."""
    lines = (escape(line.replace("\t", " ")) for line in text.split("\n"))
    return "<w:br/>".join(f'<w:t xml:space="preserve">{line}</w:t>' for line in lines)
