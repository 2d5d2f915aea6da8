import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from otel_cert.errors import OtelCertError
from otel_cert.exporters import _vega
from otel_cert.exporters.docx import render
from otel_cert.report.model import Column, Document, Gap, Paragraph, Section, Table
from tests.exporters.documents import EVERY_BLOCK, monitoring
from tests.exporters.rich import brief, rendered, rich


@pytest.fixture(scope="module")
def word() -> Any:
    return docx.Document(io.BytesIO(render(monitoring())))


def test_headings_are_real_and_in_order(word: Any):
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert headings == [section.title for section in monitoring().sections]
    assert [p.text for p in word.paragraphs if p.style.name == "Title"] == ["Monitoring report"]


def test_every_page_says_draft_and_has_its_number(word: Any):
    section = word.sections[0]
    assert section.header.paragraphs[0].text == "DRAFT · Monitoring report · Helper <b>&"
    assert "PAGE" in section.footer.paragraphs[0]._p.xml
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)


def test_tables_repeat_their_heading_and_set_numbers_right(word: Any):
    tables = [t for t in word.tables if t.style.name == "Report Table"]
    assert len(tables) == 9
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in tables)
    coverage = next(t for t in tables if t.rows[0].cells[0].text == "Field")
    assert coverage.rows[1].cells[1].paragraphs[0].alignment == docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT
    assert [cell.text for cell in coverage.rows[1].cells] == ["input tokens", "12", "2", "0", "call_failed 2"]


def test_charts_are_pictures_that_describe_themselves(word: Any):
    described = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert len(described) == 4
    assert described[2] == "Cost in USD: gpt-4o 0.020000."


def test_no_person_is_named_in_the_properties(word: Any):
    properties = word.core_properties
    assert (properties.author, properties.last_modified_by) == ("otel-cert", "otel-cert")
    assert (properties.title, properties.language) == ("Monitoring report: Helper <b>&", "en")
    assert properties.content_status == "Draft"


@pytest.mark.parametrize(("language", "locale"), [("en", "en-GB"), ("de", "de-DE"), ("fr", "fr-FR"), ("es", "es-ES")])
def test_word_checks_and_breaks_words_in_the_language_of_the_document(language: str, locale: str):
    made = docx.Document(io.BytesIO(render(replace(rich(), language=language))))
    said = made.styles.element.xpath("//w:lang/@w:val")
    assert said
    assert set(said) == {locale}
    assert made.settings.element.xpath("w:autoHyphenation/@w:val") == ["1"]
    assert made.core_properties.language == language


@pytest.fixture(scope="module")
def whole() -> Any:
    return docx.Document(io.BytesIO(rendered("docx")))


def styled(word: Any, name: str) -> list[str]:
    return [p.text for p in word.paragraphs if p.style.name == name]


def test_nothing_in_the_file_says_when_it_was_written():
    with ZipFile(io.BytesIO(rendered("docx"))) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_headings_have_their_level_and_the_statutes_number(whole: Any):
    for level in (1, 2, 3):
        wanted = [f"{s.number} {s.title}".strip() for s in rich().sections if s.level == level]
        assert styled(whole, f"Heading {level}") == wanted


def test_the_lines_of_the_contents_lead_to_the_headings_and_ask_for_their_pages(whole: Any):
    body = whole.element.body
    anchors = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))]
    asked = [node.text for node in body.iter(qn("w:instrText")) if node.text.startswith("PAGEREF")]
    assert asked == [f"PAGEREF {anchor} \\h" for anchor in anchors]
    assert len(anchors) == len(rich().sections)
    assert set(anchors) <= {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    marks = [mark.get(qn("w:fldCharType")) for mark in body.iter(qn("w:fldChar"))]
    assert marks.count("begin") == marks.count("separate") == marks.count("end")


def test_captions_are_counted_by_word(whole: Any):
    counted = [node.text for node in whole.element.body.iter(qn("w:instrText")) if node.text.startswith("SEQ")]
    assert counted == [
        "SEQ Table \\* ARABIC",
        "SEQ Figure \\* ARABIC",
        "SEQ Figure \\* ARABIC",
        *(["SEQ Table \\* ARABIC"] * 3),
    ]
    assert "Table 3. Many columns (continued)" in styled(whole, "Caption")


def test_an_open_field_says_what_to_write_and_why_nobody_else_can(whole: Any):
    lines = styled(whole, "Open Field")[:5]
    assert lines[0] == "[EXPERT INPUT REQUIRED] Design choices (Annex IV point 2(b))"
    for line, label in zip(lines[1:4], ("Question", "Why a machine cannot answer", "Example"), strict=True):
        assert line.startswith(label)
    assert lines[4] == "Owner: Lead engineer · Due: 2026-03-01 · Field: annex-iv.2.a"


def test_draft_stands_across_every_page_until_a_person_approves():
    drafted = docx.Document(io.BytesIO(rendered("docx"))).sections[0].header._element.xml
    assert 'string="DRAFT"' in drafted
    approved = docx.Document(io.BytesIO(render(rich(draft=False))))
    assert "v:textpath" not in approved.sections[0].header._element.xml
    assert "A. Person, Head of quality, 2026-02-01T10:00:00Z" in "\n".join(p.text for p in approved.paragraphs)
    assert approved.core_properties.created.isoformat().startswith("2026-02-01T09:30")


def test_a_template_of_the_users_gives_styles_and_page(tmp_path: Path):
    own = docx.Document()
    own.styles["Heading 1"].font.name, own.styles["Heading 1"].font.size = "Own Font", Pt(31)
    own.sections[0].left_margin = Cm(5)
    own.sections[0].header.paragraphs[0].text = "Own header"
    own.styles["Heading 2"].delete()
    own.sections[0].different_first_page_header_footer = True
    own.add_paragraph("Text of the template")
    own.save(tmp_path / "own.docx")
    made = docx.Document(io.BytesIO(render(brief(), tmp_path / "own.docx")))
    heading = next(p for p in made.paragraphs if p.style.name == "Heading 1")
    assert (heading.style.font.name, heading.style.font.size) == ("Own Font", Pt(31))
    assert round(made.sections[0].left_margin.cm, 1) == 5
    assert [p.text for p in made.sections[0].header.paragraphs] == [
        "Own header",
        "DRAFT · Technical documentation · Support assistant",
    ]
    assert "Technical documentation" in made.sections[0].first_page_header.paragraphs[0].text
    assert styled(made, "Heading 2")[0] == "1(a) Intended purpose"
    assert "Text of the template" not in [p.text for p in made.paragraphs]


@pytest.mark.parametrize("content", [None, b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_template_that_is_no_word_document_is_refused(tmp_path: Path, content: bytes | None):
    path = tmp_path / "wrong.docx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OtelCertError, match=r"wrong\.docx is no Word document"):
        render(EVERY_BLOCK, path)


def test_without_the_extra_the_document_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    paragraphs = [p.text for p in docx.Document(io.BytesIO(render(monitoring()))).paragraphs]
    assert paragraphs.count(_vega.MISSING) == 4
    assert "Cost in USD: gpt-4o 0.020000." in paragraphs


def test_every_kind_of_block_is_written():
    word = docx.Document(io.BytesIO(render(EVERY_BLOCK)))
    written = "\n".join(
        [p.text for p in word.paragraphs] + [c.text for t in word.tables for r in t.rows for c in r.cells]
    )
    for text in (
        "A paragraph",
        "A figure",
        "a note",
        "A table",
        "A cell",
        "Declared thing",
        "stated",
        "Open thing",
        "[open]",
    ):
        assert text in written
    assert "DRAFT" not in written


def test_what_introduces_a_block_stays_on_its_page():
    gap = Gap("A gap", "Not measured: see `otel-cert doctor`.")
    texts = ("Below the heading.", "Before the gap.", "Below the gap.", "Before the next.", "Last.")
    first, second, third, fourth, last = map(Paragraph, texts)
    sections = (
        Section("S", (first, second, gap, third, fourth, gap, last)),
        Section("Above another", (Paragraph("Before a heading."),)),
        Section("Below it", (Paragraph("At the end."),), 2),
    )
    made = docx.Document(io.BytesIO(render(Document("T", "s", (), sections))))
    kept = {line.text: line.paragraph_format.keep_with_next for line in made.paragraphs}
    assert [kept[text] for text in texts] == [True, True, None, True, None]
    assert (kept["Before a heading."], kept["At the end."]) == (True, None)


def test_names_of_commands_are_set_as_code():
    table = Table("t", (Column("a"),), (("see `otel-cert doctor`",),))
    blocks = (Paragraph("Ask `otel-cert costs`."), Gap("A gap", "Send `gen_ai.usage.input_tokens`."), table)
    made = docx.Document(io.BytesIO(render(Document("T", "s", (), (Section("S", blocks),)))))
    cells = [line for one in made.tables for row in one.rows for cell in row.cells for line in cell.paragraphs]
    code = [run.text for line in [*made.paragraphs, *cells] for run in line.runs if run.style.name == "Code Text"]
    assert code == ["otel-cert costs", "gen_ai.usage.input_tokens", "otel-cert doctor"]
