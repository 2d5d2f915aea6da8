import io
import sys
from typing import Any
from zipfile import ZipFile

import docx
import pytest

from otel_cert.exporters import _vega
from otel_cert.exporters.docx import render
from tests.exporters.documents import EVERY_BLOCK, monitoring


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


def test_the_same_document_gives_the_same_text():
    def body(content: bytes) -> bytes:
        return ZipFile(io.BytesIO(content)).read("word/document.xml")

    assert body(render(monitoring())) == body(render(monitoring()))


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
