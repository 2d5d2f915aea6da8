"""Tokens find their characters, and the part of the answer that they are of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from otel_cert.measures.entropy import Part, Place, locate


def places(tokens, *parts):
    return [place and (place.kind, place.start, place.end) for place in locate(tokens, parts)]


def test_the_tokens_of_a_text():
    assert places(["Os", "lo", " is"], Part("text", "Oslo is")) == [("text", 0, 2), ("text", 2, 4), ("text", 4, 7)]


def test_a_character_of_several_tokens_belongs_to_each():
    tokens = ["ja ", "\\xf0\\x9f", "\\x98\\x80", "!"]
    assert places(tokens, Part("text", "ja 😀!")) == [("text", 0, 3), ("text", 3, 4), ("text", 3, 4), ("text", 4, 5)]
    assert places(["bytes:\\xc3", "bytes:\\xb8"], Part("text", "ø")) == [("text", 0, 1)] * 2


def test_marks_of_a_template_have_no_place():
    tokens = ["<think>", "Paris", "?", "</think>", "Paris", ".", "<|im_end|>"]
    parts = (Part("reasoning", "Paris?"), Part("text", "Paris."))
    assert places(tokens, *parts) == [
        None, ("reasoning", 0, 5), ("reasoning", 5, 6), None, ("text", 0, 5), ("text", 5, 6), None,
    ]  # fmt: skip
    assert places(tokens, Part("text", "Paris."))[1] is None, "the last is what was said"


def test_calls_of_tools():
    tokens = ["Let me see", ".", '{"city":', '"Oslo"}']
    parts = (Part("text", "Let me see."), Part("tool_call", '{"city":"Oslo"}'))
    assert [place and place[0] for place in places(tokens, *parts)] == ["text", "text", "tool_call", "tool_call"]


def test_tokens_of_a_part_of_the_text():
    assert places(["lo", " is"], Part("text", "Oslo is in Norway", base=10)) == [("text", 12, 14), ("text", 14, 17)]
    assert places(["o"], Part("text", "Oslo or not")) == [None], "which of them is not known"


def test_tokens_that_spell_something_else():
    assert places(["Rome"], Part("text", "Oslo")) == [None]
    assert places(["a", None], Part("text", "a")) == [None, None]
    assert places([], Part("text", "a")) == []
    assert places(["a"]) == [None]
    assert places(["", ""], Part("text", "")) == [None, None]


@given(st.lists(st.text(min_size=1), min_size=1))
def test_every_text_is_covered_by_its_tokens_in_order(tokens):
    text = "".join(tokens)
    found = locate(tokens, [Part("text", text)])
    if any(token.startswith(("\\x", "bytes:")) for token in tokens):
        return
    assert all(isinstance(place, Place) for place in found)
    assert [text[place.start : place.end] for place in found if place] == tokens
