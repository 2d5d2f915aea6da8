"""All rules together: hostile texts, many chunks, and that one context serves for many answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.measures.accuracy.rules import findings, parsed_findings
from otel_cert.measures.accuracy.rules.align import Context
from otel_cert.measures.accuracy.words import parse

CONTEXT = "Karin Olsen opened the depot in Leeds. The drug is not approved. Sales rose 5%."


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\x00" * 50,
        "\udcff\udcfe",
        "🥐" * 40,
        "مرحبا بالعالم",
        "\u202eelttil\u202c",
        "A" * 5000,
        "' " * 50,
        "去北京。",
        "%PDF-1.4\x00\xff",
    ],
)
def test_hostile_texts_are_read_on_either_side(text):
    assert isinstance(findings(text, [CONTEXT]), list)
    assert isinstance(findings(CONTEXT, [text]), list)
    assert findings(text, [text]) == []
    assert findings("", []) == []


@given(st.text(max_size=120), st.text(max_size=120))
def test_findings_stand_in_the_texts(answer, context):
    for found in findings(answer, [context]):
        assert 0 <= found.start < found.end <= len(answer)
        if found.chunk is not None:
            assert 0 <= found.context_start < found.context_end <= len(context)


def test_one_context_serves_for_many_answers():
    context = Context([parse(CONTEXT, "en")])
    first = parsed_findings(parse("Karin Olsen opened the depot in Cardiff.", "en"), context)
    assert parsed_findings(parse("Karin Olsen opened the depot in Leeds.", "en"), context) == []
    assert parsed_findings(parse("Karin Olsen opened the depot in Cardiff.", "en"), context) == first
    assert [found.message for found in first] == ["entity: Cardiff, context has Leeds"]


def test_words_are_found_once():
    # `illegal` is both the opposite of `legal` and its negation.
    (found,) = findings("The plan is illegal.", ["The plan is legal."])
    assert found.kind == "antonym"


def test_two_hundred_pages_take_seconds():
    pages = [f"Depot {number} in the town of Leeds was opened by Karin Olsen. " * 40 for number in range(200)]
    start = time.process_time()
    (found,) = findings("Depot 7 in the town of Cardiff was opened by Karin Olsen.", pages)
    assert found.message == "entity: Cardiff, context has Leeds"
    assert time.process_time() - start < 10
