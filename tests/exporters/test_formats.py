"""Every format says the same, and content of traces is data in each of them."""

import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from markdown_it import MarkdownIt

from otel_cert.exporters import _vega
from otel_cert.exporters._readable import named, readable
from otel_cert.exporters.pdf import _without_letter
from otel_cert.report.words import LANGUAGES, Words, words
from tests.exporters.rich import HOSTILE, RENDERERS, brief, pages, rendered, rich, texts

FORMATS = tuple(RENDERERS)
NO_LETTER = "\u4e2d\u6587\u65e5\u672c\U0001f600"
"""Of the hostile texts, what the fonts of PDF have no letter for."""


class Shown(HTMLParser):
    """Collects what a page shows, and which elements and attributes it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.skipping = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.skipping += tag in {"style", "svg"}

    def handle_endtag(self, tag: str) -> None:
        self.skipping -= tag in {"style", "svg"}

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.text.append(data)


def markdown_as_html(text: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def in_word(content: bytes) -> str:
    nodes = docx.Document(io.BytesIO(content)).element.body.iter(qn("w:t"), qn("w:br"))
    return "".join(node.text or "\n" for node in nodes)


def shown(ending: str) -> str:
    content = rendered(ending)
    match ending:
        case "docx":
            return in_word(content)
        case "pdf":
            return "".join(pages())
        case "html":
            return "".join(Shown(content.decode()).text)
        case "md":
            return "".join(Shown(markdown_as_html(content.decode())).text)
        case _:
            return json.dumps(json.loads(content), ensure_ascii=False)


def bare(text: str, ending: str) -> str:
    """Return a text without what line breaks and the direction of writing change."""
    if ending == "pdf":
        text = re.sub(f"[{NO_LETTER}]", lambda found: named(found[0]), text)
        text = re.sub("[\u0590-\u05ff]", "", text)
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("ending", ["docx", "pdf", "html", "md"])
def test_every_text_stands_in_every_format(ending: str):
    found = bare(shown(ending), ending)
    missing = [text for text in texts(readable(rich())) if bare(text, ending) not in found]
    assert missing == []


def test_json_holds_every_text_as_it_was_sent():
    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for item in value.values() for text in strings(item)]
        return [text for item in value for text in strings(item)] if isinstance(value, list) else [value]

    content = rendered("json")
    held = set(strings(json.loads(content)))
    assert [text for text in texts(rich()) if text not in held] == []
    assert "\u202e" not in content.decode()
    kinds = {statement["kind"] for statement in json.loads(content)["statements"]}
    assert kinds == {"fixed", "measured", "declared", "expert", "open", "gap", "not_applicable"}


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_document_gives_the_same_bytes(ending: str):
    assert RENDERERS[ending](brief()) == RENDERERS[ending](brief())


@pytest.mark.parametrize("ending", ["html", "md"])
def test_no_text_becomes_an_element(ending: str):
    page = rendered(ending).decode()
    seen = Shown(page if ending == "html" else markdown_as_html(page))
    assert not {"script", "img", "pre", "code", "iframe", "s"} & set(seen.tags)
    assert not {name for name in seen.attributes if name.startswith("on")}
    headings = [tag for tag in seen.tags if re.fullmatch("h[1-6]", tag)]
    assert len(headings) == 1 + len(rich().sections)
    if ending == "md":
        assert "a" not in seen.tags
        assert seen.tags.count("table") == 5


def test_no_text_becomes_a_part_of_word():
    document = docx.Document(io.BytesIO(rendered("docx")))
    fields = {node.text.split()[0] for node in document.element.iter(qn("w:instrText"))}
    assert fields == {"PAGEREF", "SEQ"}
    assert len(document.tables) == 1 + 1 + 1 + 5 + 1
    cells = [cell.text for cell in document.tables[-1].columns[1].cells]
    assert cells[1:4] == list(HOSTILE[:3])
    assert cells[5] == HOSTILE[4]  # a formula is a text here: only in CSV would it be computed


def test_the_renderers_own_words_are_translated(monkeypatch: pytest.MonkeyPatch):
    asked: set[str] = {_vega.MISSING}
    monkeypatch.setattr(Words, "__missing__", lambda _, text: asked.add(text) or text)
    for ending in ("docx", "pdf", "html", "md"):
        RENDERERS[ending](brief())
    assert len(asked) > 25
    for language in LANGUAGES[1:]:
        assert asked - set(words(language)) == set(), language


def test_a_chart_is_drawn_once_for_all_formats():
    _vega._svg.cache_clear()
    for made in RENDERERS.values():
        made(brief())
    assert _vega._svg.cache_info().misses == 2


def test_letters_that_typst_has_not_are_read_from_what_it_says():
    said = 'error: the text `"\\u{202e}\\u{e9}a"` could not be displayed with font `"X"`\n = hint: try another'
    assert _without_letter(said) == {"\u202e", "\u00e9"}
    assert _without_letter("error: something else") == set()
