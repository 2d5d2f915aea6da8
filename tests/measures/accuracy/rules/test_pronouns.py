"""Pronouns that refer to nobody, or to someone of the other sex."""

import pytest

from otel_cert.measures.accuracy.rules import findings

CONTEXT = "Maria Lindqvist runs the office in Oslo. She moved there in 2019 with Peter Vance."


def pronouns(answer, context=CONTEXT, language="en", question=None):
    found = [one for one in findings(answer, [context], language, question) if one.kind == "pronoun"]
    return [(answer[one.start : one.end], one.message) for one in found]


@pytest.mark.parametrize(
    ("language", "answer", "word"),
    [
        ("en", "She runs the office in Oslo. Her colleague is Peter Vance.", "She"),
        ("en", "It contains an office. Maria Lindqvist runs it.", "It"),
        ("de", "Er leitet das Büro in Oslo. Dort ist er seit 2019.", "Er"),
        ("es", "Ella dirige la oficina de Oslo. Llegó en 2019.", "Ella"),
        ("fr", "Elle dirige le bureau d'Oslo. Ce bureau est grand.", "Elle"),
    ],
)
def test_an_opening_pronoun_refers_to_nobody(language, answer, word):
    contexts = {
        "en": CONTEXT,
        "de": "Maria Lindner leitet das Büro in Oslo.",
        "es": "María Linares dirige la oficina de Oslo.",
        "fr": "Marie Lindon dirige le bureau d'Oslo.",
    }
    said = pronouns(answer, contexts[language], language)
    assert said == [(word, f"pronoun: {word}, nobody is named before it")]


@pytest.mark.parametrize(
    "answer",
    [
        "Maria Lindqvist runs the office in Oslo. She moved there in 2019.",
        "She runs the office in Oslo.",
        "It is important that Maria Lindqvist runs the office in Oslo. Peter Vance agrees.",
        "She moved there in 2019 with Peter Vance. Maria Lindqvist runs the office in Oslo.",
    ],
)
def test_one_that_follows_a_name_is_quoted_or_says_nothing_is_let_pass(answer):
    assert pronouns(answer) == []


def test_a_question_may_name_whom_it_means():
    answer = "She runs the office in Oslo. Peter Vance is there as well."
    assert pronouns(answer, question="What does Maria Lindqvist do?") == []


def test_one_of_the_other_sex_is_found_with_what_the_context_has():
    context = "The painter sold his house in Oslo. Then he moved to Lyon."
    assert pronouns("The painter sold her house in Oslo.", context) == [("her", "pronoun: her, context has his")]


@pytest.mark.parametrize(
    "context",
    [
        "The painter sold his house in Oslo. His wife moved to Lyon.",
        "The painter sold the house in Oslo. She moved to Lyon.",
        "He is ill.",
    ],
)
def test_it_is_let_pass_where_someone_of_the_same_sex_is_near_or_nothing_says_whom_it_means(context):
    assert pronouns("The painter sold her house in Oslo.", context) == []
