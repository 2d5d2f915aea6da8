"""Neighbours that do not apply for one reason stand as one block, in which no point is lost."""

from dataclasses import replace

from otel_cert.exporters import json_document
from otel_cert.exporters._gathered import gathered
from otel_cert.report.model import Block, Document, NotApplicable, Paragraph, Section
from otel_cert.report.words import words
from tests.exporters.rich import RENDERERS

REASON = "It is a duty of the provider."


def point(number: int, because: str = REASON) -> NotApplicable:
    return NotApplicable(
        f"Point {number}", because, "A person", "2026-01-20", f"annex-viii.a.{number}", f"point {number}"
    )


def part(number: int, *blocks: Block, level: int = 2) -> Section:
    return Section(f"Point {number}", blocks or (point(number),), level, f"A {number}", f"point {number}")


def shown(*sections: Section) -> tuple[Section, ...]:
    return gathered(Document("T", "s", (), sections), words("en")).sections


def test_sections_with_one_reason_become_one_that_names_each_point():
    head, one = shown(Section("Section A", (), 1, "A"), *map(part, range(1, 5)))
    assert (head.title, one.number, one.title, one.level) == ("Section A", "A 1 \u2013 A 4", "Not applicable", 2)
    (block,) = one.blocks
    assert isinstance(block, NotApplicable)
    assert (block.by, block.on) == ("A person", "2026-01-20")
    named = [f"A {n} Point {n} (point {n}) \u00b7 annex-viii.a.{n}" for n in range(1, 5)]
    assert block.because.split("\n") == [REASON, *named]


def test_a_requirement_with_another_name_than_its_section_is_named_too():
    sections = [replace(part(n), title=f"Heading {n}") for n in range(3)]
    (one,) = shown(*sections)
    (block,) = one.blocks
    assert isinstance(block, NotApplicable)
    assert "A 1 Heading 1: Point 1 (point 1)" in block.because


def test_what_is_not_alike_keeps_its_heading():
    two = (part(1), part(2))
    assert shown(*two) == two
    other_reason = (part(1), part(2), part(3, point(3, "Another.")), part(4), part(5))
    assert shown(*other_reason) == other_reason
    with_text = (part(1), part(2, Paragraph("Text."), point(2)), part(3))
    assert shown(*with_text) == with_text
    unnumbered = tuple(replace(part(n), number="") for n in range(4))
    assert shown(*unnumbered) == unnumbered


def test_a_section_with_others_below_it_keeps_its_heading():
    sections = (part(1, level=1), part(2, level=1), part(3, level=1), part(4, level=2))
    assert shown(*sections) == sections


def test_neighbours_in_a_section_become_one_block():
    (section,) = shown(part(1, Paragraph("Text."), point(1), point(2), point(3, "Another."), Paragraph("Text.")))
    text, both, other, after = section.blocks
    assert isinstance(both, NotApplicable)
    assert both.because.split("\n")[1:] == [
        "Point 1 (point 1) \u00b7 annex-viii.a.1",
        "Point 2 (point 2) \u00b7 annex-viii.a.2",
    ]
    assert (text, other, after) == (Paragraph("Text."), point(3, "Another."), Paragraph("Text."))


def test_pages_say_the_reason_once_and_data_holds_every_statement():
    document = Document("T", "s", (), tuple(map(part, range(1, 6))))
    for ending in ("html", "md"):
        page = RENDERERS[ending](document).decode()
        assert page.count(REASON) == 1
        assert all(f"annex-viii.a.{n}" in page for n in range(1, 6))
    content = json_document.render(document).decode()
    assert content.count(f"Point 4: {REASON}") == 1
    assert content.count('"not_applicable"') == 5
