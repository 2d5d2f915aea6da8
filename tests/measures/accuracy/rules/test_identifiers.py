"""Identifiers: exact, whichever way they are written."""

import pytest

from otel_cert.measures.accuracy.rules import findings


@pytest.mark.parametrize(
    ("answer", "context", "found", "instead"),
    [
        ("Order A-124 was sent.", "Order A-123 was sent.", "A-124", "A-123"),
        ("Write to bob@example.com.", "Write to ann@example.com.", "bob@example.com", "ann@example.com"),
        ("See https://example.org/b.", "See https://example.org/a.", "https://example.org/b", "https://example.org/a"),
        ("Use version v2.3.1 now.", "Use version v2.3.0 now.", "v2.3.1", "v2.3.0"),
        ("Order A-12 was sent.", "Order A-123 was sent.", "A-12", "A-123"),
    ],
)
def test_another_identifier_is_found(answer, context, found, instead):
    entities = [one for one in findings(answer, [context], "en") if one.kind == "entity"]
    assert [(answer[one.start : one.end], context[one.context_start : one.context_end]) for one in entities] == [
        (found, instead)
    ]


@pytest.mark.parametrize(
    ("answer", "context"),
    [
        ("IL-12 rose.", "IL 12 rose."),
        ("COVID-19 spread.", "COVID spread."),
        ("Use 2.3.1 now.", "Use v2.3.1 now."),
        ("Mail ANN@example.com.", "Mail ann@example.com."),
        ("In Q3 it paid USD5 for 20kg and 3rd place.", "In summer it paid."),
    ],
)
def test_the_same_identifier_is_not_found(answer, context):
    assert [one for one in findings(answer, [context], "en") if one.kind == "entity"] == []
