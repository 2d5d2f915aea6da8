"""The page of a Word document: size, running header, page number, and DRAFT across every page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Pt, RGBColor

from otel_cert.report.words import Words

from ._word import add_field
from ._word_styles import SOFT, WARM

_VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
# What Word's own command "Watermark" writes: a text along a path, behind the text, in the middle of the margins.
_WATERMARK = """<w:r {namespaces}><w:rPr><w:noProof/></w:rPr><w:pict>
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
<v:f eqn="if @0 @4 21600"/>
<v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>
<v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800"
o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/></v:shapetype>
<v:shape id="PowerPlusWaterMarkObject{number}" o:spid="_x0000_s{number}" type="#_x0000_t136" alt="" style="position:absolute;
margin-left:0;margin-top:0;width:440pt;height:165pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;
mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin" o:allowincell="f"
fillcolor="#{colour}" stroked="f">
<v:fill opacity=".1"/><v:textpath style="font-family:&quot;Liberation Sans&quot;;font-size:1pt"
string={text}/></v:shape></w:pict></w:r>"""


def page(word: Any, words: Words, *, header: str, footer: str, draft: bool, own: bool) -> None:
    """Set header and footer of every page, and A4 with margins where the template is not the user's."""
    if own:
        size = word.sections[0]
        size.page_width, size.page_height = Cm(21), Cm(29.7)
        size.left_margin = size.right_margin = Cm(2)
        size.top_margin = size.bottom_margin = Cm(2.2)
    for number, top in enumerate(_headers(word), start=2049):
        line = _line(top)
        run = line.add_run(header)
        run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(WARM if draft else SOFT)
        if draft:
            namespaces = f"{nsdecls('w')} {_VML}"
            text = quoteattr(words["DRAFT"])
            mark = _WATERMARK.format(namespaces=namespaces, number=number, colour=WARM, text=text)
            line._p.append(parse_xml(mark))
    for bottom in _footers(word):
        _numbered(word, bottom, footer, words)


def text_width(word: Any) -> int:
    """Return the width between the margins, in twentieths of a point."""
    section = word.sections[0]
    return int((section.page_width - section.left_margin - section.right_margin) / 635)


def _numbered(word: Any, bottom: Any, footer: str, words: Words) -> None:
    line = _line(bottom)
    line.style = word.styles["Normal"]  # the template's Footer has tab stops for another page size
    line.paragraph_format.tab_stops.add_tab_stop(text_width(word) * 635, WD_TAB_ALIGNMENT.RIGHT)
    line.add_run(f"{footer}\t{words['Page']} ")
    add_field(line, "PAGE", "1")
    line.add_run(f" {words['of']} ")
    add_field(line, "NUMPAGES", "1")
    for run in line.runs:
        run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(SOFT)


def _line(part: Any) -> Any:
    """Return an empty paragraph of a header or footer; what a user's template has there stays."""
    last = part.paragraphs[-1] if part.paragraphs else part.add_paragraph()
    return part.add_paragraph() if last.text or last._p.xpath(".//w:drawing | .//w:pict") else last


def _headers(word: Any) -> Iterator[Any]:
    section = word.sections[0]
    yield section.header
    if section.different_first_page_header_footer:
        yield section.first_page_header
    if word.settings.odd_and_even_pages_header_footer:
        yield section.even_page_header


def _footers(word: Any) -> Iterator[Any]:
    section = word.sections[0]
    yield section.footer
    if section.different_first_page_header_footer:
        yield section.first_page_footer
    if word.settings.odd_and_even_pages_header_footer:
        yield section.even_page_footer
