import re
import sys
from html.parser import HTMLParser

import pytest

from otel_cert.exporters import _vega
from otel_cert.exporters.html import render
from tests.exporters.documents import EVERY_BLOCK, monitoring
from tests.exporters.rich import rendered, rich

VOID = {"meta", "col", "br", "link", "img", "input", "hr"}


class Outline(HTMLParser):
    """Collects tags, ids and links, and fails on a tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[a] or "" for a in ("href", "src", "xlink:href", "srcset") if a in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    return render(monitoring()).decode()


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    assert not parsed.open
    return parsed


def test_the_file_asks_for_nothing_outside_itself(page: str, outline: Outline):
    assert all(link.startswith("#") for link in outline.links)
    assert "script" not in outline.tags
    assert not re.search(r"@import|url\(", page)


def test_every_link_of_the_contents_has_its_target(outline: Outline):
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))


def test_tables_and_charts_are_marked_up_for_readers_who_do_not_see_them(page: str, outline: Outline):
    assert outline.tags.count("caption") == outline.tags.count("table") == 7
    assert page.count('<figure role="figure" aria-label="') == 4
    assert outline.tags.count("h1") == 1
    assert '<html lang="en">' in page


def test_the_contents_are_nested_as_the_headings_are():
    parsed = Outline()
    parsed.feed(rendered("html").decode())
    assert [parsed.tags.count(f"h{level + 1}") for level in (1, 2, 3)] == [
        sum(section.level == level for section in rich().sections) for level in (1, 2, 3)
    ]
    assert len(parsed.ids) == len(set(parsed.ids))
    nav = rendered("html").decode().split("<nav")[1].split("</nav>")[0]
    assert re.search(r'2\(a\) Point a</a>\s*<ol>\s*<li><a href="#2-b-point-b">', nav)


def test_open_fields_gaps_and_warnings_are_not_to_be_missed():
    page = rendered("html").decode()
    assert page.count('<div class="box">') == 5
    assert page.count('<div class="absent">') == 5
    assert page.count('<p class="warning" role="note">') == 1
    assert "[EXPERT INPUT REQUIRED]" in page
    assert "[DECLARATION REQUIRED]" in page


def test_names_are_escaped(page: str):
    assert "Helper &lt;b&gt;&amp;" in page
    assert "Helper <b>" not in page


def test_draft_stands_on_screen_and_on_printed_pages(page: str):
    assert "<strong>DRAFT</strong>" in page
    assert '@top-left { content: "DRAFT"' in page
    assert "DRAFT" not in re.sub(r"<style>.*?</style>", "", render(EVERY_BLOCK).decode(), flags=re.DOTALL)


def test_without_the_extra_the_page_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = render(monitoring()).decode()
    assert page.count("pip install &#39;otel-cert[documents]&#39;") == 4
    assert "<svg" not in page
    assert _vega.png({}) is None


def test_every_kind_of_block_is_written():
    page = render(EVERY_BLOCK).decode()
    for text in (
        "A paragraph",
        "A figure",
        "a note",
        "A table",
        "A cell",
        "declared by somebody, 2026-01-01",
        "Open thing",
    ):
        assert text in page
