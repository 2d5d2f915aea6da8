import io
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pypdf
import pytest

from otel_cert.errors import OtelCertError
from otel_cert.exporters import pdf
from otel_cert.report.model import Column, Document, Gap, Paragraph, Section, Source, Table
from tests.exporters.documents import EVERY_BLOCK
from tests.exporters.rich import pages, rendered, rich


@pytest.fixture(scope="module")
def reader() -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(rendered("pdf")))


def elements(node: Any) -> Iterator[Any]:
    """Yield the elements of a structure tree in the order of reading."""
    node = node.get_object()
    if isinstance(node, pypdf.generic.ArrayObject):
        for one in node:
            yield from elements(one)
    elif isinstance(node, pypdf.generic.DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_the_file_claims_both_standards_and_is_tagged(reader: pypdf.PdfReader):
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()
    for claim in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert claim in metadata
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/OutputIntents"]


def test_headings_table_heads_and_pictures_are_marked_up(reader: pypdf.PdfReader):
    found = list(elements(reader.trailer["/Root"]["/StructTreeRoot"]))
    kinds = [element["/S"] for element in found]
    sections = rich().sections
    for level in (1, 2, 3):
        contents = level == 1
        assert kinds.count(f"/H{level}") == contents + sum(section.level == level for section in sections)
    columns = (
        4 + 5 + 4 + (39 + 5) + 2
    )  # of the figures and of each table; the wide one is five, each with its first column
    assert kinds.count("/TH") == columns
    described = [str(element["/Alt"]) for element in found if "/Alt" in element]
    assert [alt for alt in described if alt.startswith("Cost in USD")]


def test_every_page_says_draft_and_has_its_number():
    for number, page in enumerate(pages(), start=1):
        assert "DRAFT" in page
        assert f"Page {number} of {len(pages())}" in page


def test_a_long_table_repeats_its_head_on_every_page():
    holding = [page for page in pages() if "Annex IV point 1" in page and "What it asks for" in page]
    assert len(holding) > 4


def test_a_word_wider_than_the_page_goes_on_in_the_next_line():
    lines = [line.strip() for page in pages() for line in page.split("\n")]
    held = [line.count("W") for line in lines if "WWWW" in line]
    assert sum(held) == 2 * 180
    assert max(held) < 70


def test_fonts_are_embedded_and_none_is_the_systems(reader: pypdf.PdfReader):
    names = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
            names.add(inner["/BaseFont"].split("+")[-1])
    assert {name for name in names if not name.startswith(("Libertinus", "DejaVuSansMono", "NewCM"))} == set()


def test_an_approved_document_says_no_draft():
    document = replace(rich(draft=False), sections=rich().sections[:1])
    content = pypdf.PdfReader(io.BytesIO(pdf.render(document)))
    text = "".join(page.extract_text() for page in content.pages)
    assert "DRAFT" not in text
    assert "A. Person, Head of quality" in text
    assert content.metadata is not None
    assert content.metadata["/CreationDate"] == "D:20260201093000Z"


def test_a_document_whose_headings_begin_too_deep_is_still_written():
    deep = replace(EVERY_BLOCK, sections=(Section("Deep", EVERY_BLOCK.sections[0].blocks, 3), Section("On", (), 3)))
    text = pypdf.PdfReader(io.BytesIO(pdf.render(deep))).pages[0].extract_text()
    assert "Deep" in text


def test_without_typst_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    assert not pdf.installed()
    with pytest.raises(OtelCertError, match=r"otel-cert\[documents\]"):
        pdf.render(EVERY_BLOCK)


def test_without_vl_convert_the_page_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    document = replace(rich(), sections=rich().sections[4:5])
    text = pypdf.PdfReader(io.BytesIO(pdf.render(document))).pages[0].extract_text()
    assert "vl-convert-python is not installed" in text
    assert "gpt-4o-mini-2024-07-08 0.188" in text


def test_a_long_word_is_broken_between_syllables_and_a_long_name_anywhere():
    word, name = "Konformitätsbewertungsverfahren", "museum_guide_with_a_very_long_name_8b"
    columns = tuple(Column(f"c{number}") for number in range(7))
    table = Table("Table 1. Narrow", columns, ((word, name, *("eleven long",) * 5),))
    one = Document("t", "s", (), (Section("h", (table,)),), language="de")
    found = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.render(one))).pages)
    assert re.search(r"Konformitätsbewertungs(ver)?[-\xad\u2010]\s*(ver)?fahren", found)
    assert name in found.replace("\n", "").replace(" ", ""), "no hyphen stands in a name that is copied"


def test_a_text_stands_on_the_page_of_what_it_introduces():
    gaps = [Gap(f"gap {n:02}", "It was not measured. " * (5 + 7 * n % 30)) for n in range(40)]
    texts = [(Paragraph(f"First {n:02}."), Paragraph(f"Second {n:02}."), gap) for n, gap in enumerate(gaps)]
    document = Document("T", "s", (), tuple(Section(f"Heading {n:02}", blocks) for n, blocks in enumerate(texts)))
    shown = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.render(document))).pages]
    for n in range(40):
        places = [
            max(at for at, page in enumerate(shown) if f"{name} {n:02}" in page)
            for name in ("Heading", "First", "Second", "gap")
        ]
        assert len(set(places)) == 1, n
    assert len(shown) > 5


def test_what_a_table_rests_on_stands_on_its_page():
    source = Source(53, "3f9a0c1d2e4b", "all stored calls", "Counted. " * 40)
    tables = [
        Table(f"Table number {n:02}", (Column("c"),), ((f"cell {n:02}",),) * (1 + n % 7), source, f"Note {n:02}. ")
        for n in range(60)
    ]
    document = Document("T", "s", (), (Section("S", tuple(tables)),))
    shown = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.render(document))).pages]
    for page in shown[1:]:
        assert page.count("Table number") == page.count("Note") == page.count("3f9a0c1d2e4b")
    assert len(shown) > 5
