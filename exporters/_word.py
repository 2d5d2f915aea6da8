"""What python-docx has no words for: styles of our own, fields, repeated headings, descriptions of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

_FONT = "Liberation Sans"
_INK, _SOFT, _ACCENT, _DRAFT = (RGBColor.from_string(c) for c in ("1C2126", "56606B", "0072B2", "8A2F00"))
_MARGIN = Cm(2)
_TEMPLATE_STYLES = (
    ("Title", 26, _INK),
    ("Subtitle", 15, _SOFT),
    ("Heading 1", 15, _ACCENT),
    ("TOC Heading", 12, _ACCENT),
    ("Caption", 10, _INK),
)


def styles(word: Any, language: str) -> None:
    """Set the document's fonts, sizes and language, and add the styles that Word does not have."""
    normal = word.styles["Normal"]
    _font(normal, 10, _INK)
    normal.paragraph_format.space_after = Pt(6)
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), "en-GB" if language == "en" else language)
    normal.element.get_or_add_rPr().append(lang)
    for name, size, colour in _TEMPLATE_STYLES:
        _font(word.styles[name], size, colour)
    word.styles["Subtitle"].font.italic = False
    word.styles["Heading 1"].paragraph_format.space_before = Pt(20)
    word.styles["Caption"].font.bold = True
    word.styles["Caption"].paragraph_format.keep_with_next = True
    word.styles["Caption"].paragraph_format.space_after = Pt(3)
    _add(word, "Source", 8, _SOFT, space_after=12).paragraph_format.space_before = Pt(3)
    _add(word, "Draft", 13, _DRAFT).font.bold = True
    _add(word, "Contents", 10, _INK, space_after=0)
    _add(word, "Statement", 10, _INK, space_after=2).paragraph_format.keep_with_next = True
    _add(word, "Picture", 10, _INK, space_after=2).paragraph_format.keep_with_next = True
    _add(word, "Table Text", 8, _INK, space_after=0)
    _table_style(word)


def page(word: Any, header: str) -> None:
    """Set A4, margins, the running header and the page number."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = _MARGIN
    section.top_margin = section.bottom_margin = Cm(2.2)
    top = section.header.paragraphs[0]
    run = top.add_run(header)
    run.font.size, run.font.color.rgb = Pt(8), _DRAFT
    bottom = section.footer.paragraphs[0]
    bottom.style = word.styles["Normal"]  # the template's Footer has tab stops for another page size
    bottom.paragraph_format.tab_stops.add_tab_stop(section.page_width - 2 * _MARGIN, WD_TAB_ALIGNMENT.RIGHT)
    bottom.add_run("Made by otel-cert; not signed, not certified\tPage ")
    add_field(bottom, "PAGE", ["1"])
    bottom.add_run(" of ")
    add_field(bottom, "NUMPAGES", ["1"])
    for run in bottom.runs:
        run.font.size, run.font.color.rgb = Pt(8), _SOFT


def add_field(paragraph: Any, instruction: str, shown: Sequence[str]) -> None:
    """Append a field that Word computes; `shown` lines stand in until it does."""
    for part in ("begin", "instruction", "separate", "shown", "end"):
        run = paragraph.add_run()
        if part == "instruction":
            text = OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = instruction
            run._r.append(text)
        elif part == "shown":
            run.text = "\n".join(shown)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), part)
            run._r.append(mark)


def repeat_as_header(row: Any) -> None:
    """Repeat a table row at the top of each page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def keep_whole(row: Any) -> None:
    """Keep a table row on one page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def shade(cell: Any, colour: str) -> None:
    """Fill a cell with a colour (hex RGB)."""
    fill = OxmlElement("w:shd")
    fill.set(qn("w:val"), "clear")
    fill.set(qn("w:fill"), colour)
    cell._tc.get_or_add_tcPr().append(fill)


def alt_text(picture: Any, title: str, description: str) -> None:
    """Describe a picture to those who do not see it."""
    properties = picture._inline.docPr
    properties.set("title", title)
    properties.set("descr", description)


def _add(word: Any, name: str, size: float, colour: RGBColor, *, space_after: float = 6) -> Any:
    style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = word.styles["Normal"]
    _font(style, size, colour)
    style.paragraph_format.space_after = Pt(space_after)
    return style


def _font(style: Any, size: float, colour: RGBColor) -> None:
    """Set one font for every script: theme fonts of the template would win over the name otherwise."""
    style.font.name, style.font.size, style.font.color.rgb = _FONT, Pt(size), colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{attribute}"), None)
    for attribute in ("hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{attribute}"), _FONT)


def _table_style(word: Any) -> None:
    """Add the table style of the report: thin lines between rows, none between columns."""
    style = word.styles.add_style("Report Table", WD_STYLE_TYPE.TABLE)
    style.base_style = word.styles["Normal Table"]
    properties = OxmlElement("w:tblPr")
    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "4"), ("color", "C5CBD3")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    margins = OxmlElement("w:tblCellMar")
    for edge, width in (("top", "40"), ("left", "70"), ("bottom", "40"), ("right", "70")):
        side = OxmlElement(f"w:{edge}")
        side.set(qn("w:w"), width)
        side.set(qn("w:type"), "dxa")
        margins.append(side)
    properties.append(borders)
    properties.append(margins)
    style.element.append(properties)
