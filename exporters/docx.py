"""A document as Word: real styles, contents, captions, repeated table headings, page numbers, DRAFT across every page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.shared import Pt, RGBColor, Twips

from otel_cert.report.model import (
    Block,
    Box,
    Chart,
    Document,
    Figures,
    Gap,
    NotApplicable,
    Paragraph,
    Section,
    Statement,
    Table,
)
from otel_cert.report.words import Words, words

from . import _code, _phrases, _vega, _wide
from ._gathered import gathered
from ._readable import readable
from ._word import add_field, add_link, alt_text, bookmark, opened, saved
from ._word_page import page, text_width
from ._word_styles import CODE, SOFT, WARM, style_ids, styles
from ._word_table import add_table

_LONGEST_PROPERTY = 255
"""Characters that Word keeps of a core property."""
_TWIPS_PER_PIXEL = 16
_PAGE_NUMBER_WIDTH = 600
"""Twentieths of a point at the right of the contents that no heading runs into."""
_MOST_HEIGHT = 11000
"""Twentieths of a point that a chart may be high."""


def render(document: Document, template: Path | None = None) -> bytes:
    """Return the content of the .docx file.

    `template` is a .docx whose styles, page and headers are used instead of ours. Raises OtelCertError when it is none.
    """
    known = words(document.language)
    shown = gathered(readable(document), known)
    word = opened(template)
    _properties(word, shown)
    styles(word, document.language, own=template is None)
    running = f"{shown.title} · {shown.subtitle}"
    header = f"{known['DRAFT']} · {running}" if shown.draft else running
    footer = _phrases.footer(shown, known)
    page(word, known, header=header, footer=footer, draft=shown.draft, own=template is None)
    writer = _Writer(word, known, text_width(word), style_ids(word))
    writer.front(shown)
    writer.contents(shown)
    sections = zip(_phrases.leveled(shown), _phrases.introducing(shown), strict=True)
    for number, ((section, level), introducing) in enumerate(sections, start=1):
        writer.section(section, level, introducing, number)
    return saved(word)


def _properties(word: Any, document: Document) -> None:
    properties = word.core_properties
    properties.title = f"{document.title}: {document.subtitle}"[:_LONGEST_PROPERTY]
    properties.author = properties.last_modified_by = "otel-cert"
    properties.comments = ""
    properties.language = document.language
    properties.version = document.version[:_LONGEST_PROPERTY]
    properties.identifier = document.id[:_LONGEST_PROPERTY]
    properties.content_status = "Draft" if document.draft else ""
    properties.created = properties.modified = _phrases.created(document).replace(tzinfo=None)


def _anchor(number: int) -> str:
    return f"_Toc{number:06}"


@dataclass(frozen=True)
class _Writer:
    """Appends blocks to a document; `width` is the text's, in twentieths of a point."""

    word: Any
    known: Words
    width: int
    ids: Mapping[str, str]
    """Name of a style -> its id."""

    def front(self, document: Document) -> None:
        """Write the title, and what a reader has to know before anything else."""
        if document.draft:
            self._add("Draft", self.known["DRAFT"])
        self._add("Title", document.title)
        self._add("Subtitle", document.subtitle)
        for warning in document.warnings:
            self._marked("Warning", _phrases.introduced(self.known["Warning"], self.known), "", (warning,))
        for label, value in _phrases.front(document, self.known):
            line = self._add("Normal")
            line.paragraph_format.tab_stops.add_tab_stop(Twips(2600))
            line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Twips(2600), Twips(-2600)
            line.paragraph_format.space_after = Pt(2)
            self._soft(line, f"{label}\t")
            line.add_run(value)
        if document.notice:
            self._space()
            self._together([self._add("Notice", document.notice)])

    def contents(self, document: Document) -> None:
        """Write the headings as links, each with a field for its page.

        No field `TOC` is around them: within one, LibreOffice shows the numbers that are written and not those of its own
        pages, and nobody knows these before the document is laid out. Word fills the fields in on F9, or when it updates
        fields before printing.
        """
        self._add("TOC Heading", self.known["Contents"])
        for number, (section, level) in enumerate(_phrases.leveled(document), start=1):
            line = self._add(f"toc {level}")
            line.paragraph_format.tab_stops.add_tab_stop(Twips(self.width), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
            line.paragraph_format.right_indent = Twips(_PAGE_NUMBER_WIDTH)
            add_link(line, _anchor(number), _phrases.heading(section))
            line.add_run("\t")
            add_field(line, f"PAGEREF {_anchor(number)} \\h", "")

    def section(self, section: Section, level: int, introducing: Sequence[bool], number: int) -> None:
        """Write a heading, to which the contents lead, and what stands below it."""
        bookmark(self._add(f"Heading {level}", _phrases.heading(section)), number, _anchor(number))
        if section.citation:
            self._add("Citation", section.citation)
        for block, introduces in zip(section.blocks, introducing, strict=True):
            if isinstance(block, Paragraph):
                self.paragraph(block, introduces=introduces)
            else:
                _BLOCKS[type(block)](self, block)

    def paragraph(self, block: Paragraph, *, introduces: bool) -> None:
        """Write running text; what it introduces stands on its page."""
        line = self._running("Normal", block.text)
        line.paragraph_format.keep_with_next = introduces or None

    def figures(self, block: Figures) -> None:
        add_table(self.word, _phrases.table_of(block, self.known), self.width)
        self._sources(_phrases.windows(block, self.known))

    def table(self, block: Table) -> None:
        for part in _wide.parts(block, self.known):
            self._caption(part.caption)
            add_table(self.word, part, self.width)
            if part is not block:
                self._space()
        self._sources(*_phrases.below(block, self.known))

    def chart(self, block: Chart) -> None:
        image = _vega.png(block.spec)
        if image is None:
            self._together([self._add("Not Measured", self.known[_vega.MISSING])])
            self._add("Normal", block.alt)
        else:
            width, height = _vega.size(_vega.svg(block.spec) or "")
            fitting = min(_TWIPS_PER_PIXEL, self.width / width, _MOST_HEIGHT / height) * width
            line = self._add("Picture")
            picture = line.add_run().add_picture(io.BytesIO(image), width=Twips(round(fitting)))
            alt_text(picture, block.caption, block.alt)
        self._caption(block.caption)
        self._sources(_phrases.sourced(block.source, self.known))

    def statement(self, block: Statement) -> None:
        style = "Open Statement" if _phrases.is_open(block) else "Statement"
        line = self._add(style)
        line.add_run(f"{_phrases.lead(block, self.known)} ").bold = True
        line.add_run(block.text)
        lines = [line]
        if _phrases.is_open(block):
            lines.append(self._add(style, self.known[_phrases.OPEN]))
            name, date = (_phrases.introduced(self.known[label], self.known) for label in ("Name", "Date"))
            lines.append(self._add(style, f"{name} {'_' * 40}    {date} {'_' * 16}"))
        if known := _phrases.known(block, self.known):
            lines.append(self._soft(self._add(style), known))
        self._together(lines)

    def box(self, block: Box) -> None:
        mark, label = _phrases.required(block, self.known), _phrases.label(block)
        lines = [self._mark("Open Field", mark, label, WARM)]
        for name, text in _phrases.help_of(block, self.known):
            line = self._add("Open Field")
            self._soft(line, f"{name} ")
            self._runs(line, text)
            lines.append(line)
        lines.append(self._soft(self._add("Open Field"), _phrases.task(block, self.known)))
        self._together(lines)

    def gap(self, block: Gap) -> None:
        self._marked("Not Measured", self.known["[NOT MEASURED]"], block.what, (block.why,), block.id)

    def not_applicable(self, block: NotApplicable) -> None:
        label, who = _phrases.label(block), _phrases.excused(block, self.known)
        self._marked("Not Measured", self.known["[NOT APPLICABLE]"], label, (block.because,), who)

    def _add(self, style: str, text: str = "") -> Any:
        line = self.word.add_paragraph(text)
        line._p.style = self.ids[style]
        return line

    def _running(self, style: str, text: str) -> Any:
        """Append a paragraph whose names of commands and settings are set as code."""
        line = self._add(style)
        self._runs(line, text)
        return line

    def _runs(self, line: Any, text: str) -> None:
        for part, is_code in _code.runs(text):
            run = line.add_run(part)
            if is_code:
                run.style = self.word.styles[CODE]

    def _marked(self, style: str, mark: str, label: str, texts: Sequence[str], below: str = "") -> None:
        lines = [self._mark(style, mark, label, WARM if style == "Warning" else SOFT)]
        lines += [self._running(style, text) for text in texts]
        if below:
            lines.append(self._soft(self._add(style), below))
        self._together(lines)

    def _mark(self, style: str, mark: str, label: str, colour: str) -> Any:
        line = self._add(style)
        run = line.add_run(f"{mark} ")
        run.bold, run.font.color.rgb = True, RGBColor.from_string(colour)
        line.add_run(label).bold = True
        return line

    def _together(self, lines: Sequence[Any]) -> None:
        """Keep the lines of a box on one page, and apart from a box of the same style after it."""
        for line in lines[:-1]:
            line.paragraph_format.keep_with_next = True
        self._space()

    def _space(self) -> None:
        self._add("Space")

    def _soft(self, line: Any, text: str) -> Any:
        run = line.add_run(text)
        run.font.size, run.font.color.rgb = Pt(8.5), RGBColor.from_string(SOFT)
        return line

    def _caption(self, caption: str) -> None:
        """Write a caption whose number Word counts."""
        line = self._add("Caption")
        nouns = {self.known[noun]: noun for noun in ("Table", "Figure")}
        found = re.fullmatch(rf"({'|'.join(map(re.escape, nouns))}) (\d+)(\. .*)", caption, re.DOTALL)
        if found is None or caption.endswith(f"({self.known['continued']})"):
            line.add_run(caption)
            return
        line.add_run(f"{found[1]} ")
        add_field(line, f"SEQ {nouns[found[1]]} \\* ARABIC", found[2])
        line.add_run(found[3])

    def _sources(self, *lines: str) -> None:
        self._running("Source", " ".join(line for line in lines if line))


_BLOCKS: dict[type[Block], Callable[[_Writer, Any], None]] = {
    Figures: _Writer.figures,
    Table: _Writer.table,
    Chart: _Writer.chart,
    Statement: _Writer.statement,
    Box: _Writer.box,
    Gap: _Writer.gap,
    NotApplicable: _Writer.not_applicable,
}
