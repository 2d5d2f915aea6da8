from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from otel_cert.exporters.markdown import _line, _lines
from tests.exporters.rich import HOSTILE, rendered

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What means something to Markdown, and a letter.
TRICKY = st.text(st.sampled_from("\\`*_{}[]()<>#+-.!|~$&@:;=/1aé \"'"), max_size=30)


def read(text: str) -> str:
    """Return what a reader of Markdown sees in a list's item."""
    page = READER.render(f"- **x** {text}")
    assert page.startswith("<ul>\n<li><strong>x</strong>")
    assert page.endswith("</li>\n</ul>\n")
    inner = page[len("<ul>\n<li><strong>x</strong>") : -len("</li>\n</ul>\n")]
    assert "<" not in inner.replace("<br />\n", "")
    return unescape(inner.replace("<br />", "")).strip()


@given(TRICKY)
def test_a_line_reads_as_the_text_that_it_was(text: str):
    assert read(_line(text)) == " ".join(text.split())


@given(TRICKY, TRICKY)
def test_no_line_begins_anything(first: str, second: str):
    lines = [" ".join(line.split()) for line in (first, second) if line.strip()]
    assert read(_lines(f"{first}\n{second}", "  ")).split("\n") == (lines or [""])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("models_seen", "models_seen"),
        ("_seen_", "\\_seen\\_"),
        ("a | b", "a \\| b"),
        ("https://x.y and www.x.y", "https\\://x.y and www\\.x.y"),
        ("a.b@c.d", "a.b\\@c.d"),
        ("AT&T &amp;", "AT&T \\&amp;"),
    ],
)
def test_only_what_means_something_is_escaped(text: str, written: str):
    assert _line(text) == written


@pytest.mark.parametrize(
    ("text", "written"), [("1. a", "1\\. a"), ("- a", "\\- a"), ("---", "\\---"), ("12 a", "12 a")]
)
def test_what_begins_a_list_or_a_heading_is_escaped_where_a_line_begins(text: str, written: str):
    assert _lines(text) == written


def test_a_row_is_a_line_and_every_row_has_every_cell():
    rows = [line for line in rendered("md").decode().split("\n") if line.startswith("| text ")]
    assert len(rows) == len(HOSTILE)
    page = READER.render("| a | b |\n| --- | --- |\n" + "\n".join(rows))
    assert page.count("<td>") == 2 * len(HOSTILE)
