"""What stands between backticks is shown as code, and nothing else becomes code."""

import io

import pypdf
import pytest

from otel_cert.exporters import _code, html, markdown, pdf
from otel_cert.report.model import Block, Column, Document, Gap, Kind, Paragraph, Section, Source, Statement, Table
from tests.exporters.test_formats import markdown_as_html

SEEN = Source(3, "3f9a0c1d2e4b")


def document(*blocks: Block) -> Document:
    return Document("T", "s", (), (Section("S", blocks),))


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        (
            "ask `otel-cert costs`, then `x`",
            [("ask ", False), ("otel-cert costs", True), (", then ", False), ("x", True)],
        ),
        ("`x`", [("x", True)]),
        ("one ` alone", [("one ` alone", False)]),
        ("```\ncode", [("```\ncode", False)]),
        ("``two``", [("``two``", False)]),
        ("`a\nb`", [("`a\nb`", False)]),
        ("` a `", [("` a `", False)]),
        ("``", [("``", False)]),
        ("", []),
    ],
)
def test_a_pair_of_backticks_around_a_name_is_code(text: str, runs: list[tuple[str, bool]]):
    assert list(_code.runs(text)) == runs


@pytest.mark.parametrize("inside", ["<b>", "a|b", "*a*", "\\", "https://example.org", "&amp;"])
def test_code_shows_exactly_its_characters(inside: str):
    blocks = (Paragraph(f"See `{inside}`."), Gap("g", f"`{inside}`"), Table("t", (Column("c"),), ((f"`{inside}`",),)))
    escaped = inside.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for page in (
        html.render(document(*blocks)).decode(),
        markdown_as_html(markdown.render(document(*blocks)).decode()),
    ):
        assert page.count(f"<code>{escaped}</code>") == 3


def test_what_was_sent_or_declared_keeps_its_backticks():
    sent = Table("t", (Column("c"),), (("`rm`",),), SEEN)
    said = document(sent, Statement(Kind.DECLARED, "label", "`rm`", "a person"))
    page = html.render(said).decode()
    assert "<code>" not in page
    assert page.count("`rm`") == 2


def test_pdf_shows_code_without_its_backticks():

    pages = pypdf.PdfReader(io.BytesIO(pdf.render(document(Paragraph("Ask `otel-cert costs` first."))))).pages
    text = "".join(page.extract_text() for page in pages)
    assert "Ask otel-cert costs first." in text
