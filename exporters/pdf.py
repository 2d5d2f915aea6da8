"""A document as PDF for archives and for everybody: PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1), by typst.

Nothing but the wheel is needed: its own fonts are embedded. What they have no letter for is named by code point; the
other formats show it.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.report.model import Block, Box, Chart, Document, Figures, Gap, NotApplicable, Paragraph, Statement, Table
from otel_cert.report.words import Words, words

from . import _code, _phrases, _vega, _wide
from ._gathered import gathered
from ._readable import named, readable

_TEXT_WIDTH, _MOST_HEIGHT = 482.0, 560.0
"""Points, of an A4 page between its margins."""
_POINTS_PER_PIXEL = 0.8
_MOST_TOGETHER = 2000
"""Characters of a statement that stays on one page."""
_NO_LETTER = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_MOST_TRIES = 4

Plain = dict[str, Any]


def installed() -> bool:
    """Return whether PDF can be written: typst is part of the extra `documents`."""
    return find_spec("typst") is not None


def render(document: Document) -> bytes:
    """Return the content of the .pdf file; raise OtelCertError when typst is not installed or refuses."""
    if not installed():
        raise OtelCertError("PDF needs typst, which is not installed", hint="pip install 'otel-cert[documents]'")
    import typst

    content = json.dumps(_content(gathered(readable(document), words(document.language))), ensure_ascii=False)
    template = files(__package__).joinpath("pdf.typ").read_bytes()
    compiler = typst.Compiler(font_paths=typst.Fonts(include_system_fonts=False), ignore_system_fonts=True)
    for _ in range(_MOST_TRIES):
        try:
            made: Any = compiler.compile(
                template,
                format="pdf",
                sys_inputs={"document": content},
                pdf_standards=["a-2a", "ua-1"],
                timestamp=_phrases.created(document),
            )
        except typst.TypstError as error:
            missing = _without_letter(error.diagnostic)
            if not missing:
                raise OtelCertError(f"typst cannot write {document.name} as PDF: {error.message}") from error
            content = content.translate({ord(character): named(character) for character in missing})
        else:
            return bytes(made)
    raise OtelCertError(f"typst cannot write {document.name} as PDF: letters are missing in its fonts")


def _without_letter(diagnostic: str) -> set[str]:
    """Return the characters beyond ASCII that typst names as missing in its fonts."""
    texts = (_ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) for text in _NO_LETTER.findall(diagnostic))
    return {character for text in texts for character in text if character > "\x7f"}


def _content(document: Document) -> Plain:
    """Return what the template shows, every text final."""
    known = words(document.language)
    at = _phrases.created(document)
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "language": document.language,
        "created": {part: getattr(at, part) for part in ("year", "month", "day", "hour", "minute", "second")},
        "draft": document.draft,
        "running": f"{document.title} · {document.subtitle}",
        "footer": _phrases.footer(document, known),
        "front": _phrases.front(document, known),
        "notice": document.notice,
        "warnings": document.warnings,
        "words": {
            key: known[text]
            for key, text in {
                "contents": "Contents",
                "draft": "DRAFT",
                "of": "of",
                "page": "Page",
            }.items()
        },
        "warning": _phrases.introduced(known["Warning"], known),
        "sections": [
            {
                "level": level,
                "heading": _phrases.heading(section),
                "citation": section.citation,
                "blocks": [
                    {**made, "introduces": introduces}
                    for block, introduces in zip(section.blocks, introducing, strict=True)
                    for made in _block(block, known)
                ],
            }
            for (section, level), introducing in zip(
                _phrases.leveled(document), _phrases.introducing(document), strict=True
            )
        ],
    }


def _block(block: Block, known: Words) -> list[Plain]:
    match block:
        case Paragraph():
            return [{"type": "paragraph", "text": _runs(block.text)}]
        case Figures():
            table = _phrases.table_of(block, known)
            return [{"type": "figures", **_rows(table), "below": _lines(_phrases.windows(block, known))}]
        case Table():
            parts = _wide.parts(block, known)
            below = [_lines()] * (len(parts) - 1) + [_lines(*_phrases.below(block, known))]
            return [
                {"type": "table", "caption": part.caption, **_rows(part), "below": lines}
                for part, lines in zip(parts, below, strict=True)
            ]
        case Chart():
            return [_chart(block, known)]
        case _:
            said = _said(block, known)
            return [{**said, "whole": len(json.dumps(said)) <= _MOST_TOGETHER}]


def _said(block: Statement | Box | Gap | NotApplicable, known: Words) -> Plain:
    match block:
        case Statement():
            said = {"label": _phrases.lead(block, known), "text": block.text, "known": _phrases.known(block, known)}
            return {"type": "statement", "open": _phrases.is_open(block), "asked": known[_phrases.OPEN], **said}
        case Box():
            said = {"mark": _phrases.required(block, known), "label": _phrases.label(block)}
            lines = [(label, _runs(text)) for label, text in _phrases.help_of(block, known)]
            return {"type": "box", "lines": lines, "task": _phrases.task(block, known), **said}
        case Gap():
            mark = known["[NOT MEASURED]"]
            return {"type": "gap", "mark": mark, "label": block.what, "text": _runs(block.why), "known": block.id}
        case NotApplicable():
            text, who = _runs(block.because), _phrases.excused(block, known)
            mark, label = known["[NOT APPLICABLE]"], _phrases.label(block)
            return {"type": "gap", "mark": mark, "label": label, "text": text, "known": who}


def _runs(text: str) -> list[_code.Run]:
    return list(_code.runs(text))


def _lines(*lines: str) -> list[list[_code.Run]]:
    """Return those lines that say something."""
    return [_runs(line) for line in lines if line]


def _rows(table: Table) -> Plain:
    return {
        "headers": [column.header for column in table.columns],
        "right": [column.align == "right" for column in table.columns],
        "rows": [[list(_code.cell_runs(table, cell)) for cell in row] for row in table.rows],
        "blank": [_wide.is_blank(row) for row in table.rows],
        "shares": _wide.shares(table),
        "small": _wide.is_small(table),
        "whole": _wide.stays_together(table),
    }


def _chart(block: Chart, known: Words) -> Plain:
    drawn = _vega.svg(block.spec)
    width, height = _vega.size(drawn or "")
    scale = min(_POINTS_PER_PIXEL, _TEXT_WIDTH / width, _MOST_HEIGHT / height)
    return {
        "type": "chart",
        "svg": drawn,
        "width": width * scale,
        "alt": block.alt,
        "caption": block.caption,
        "missing": known[_vega.MISSING],
        "below": _lines(_phrases.sourced(block.source, known)),
    }
