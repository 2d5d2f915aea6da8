"""The words of numbers and dates, as the data files have them."""

from __future__ import annotations

import pytest

from otel_cert.measures.accuracy.rules.lexicon import LANGUAGES, Phrases, lexicon
from otel_cert.measures.accuracy.rules.tokens import tokenize


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_twelve_months_seven_days_and_lower_case_words(language: str) -> None:
    words = lexicon(language)
    assert set(words.dates.months.values()) == set(range(1, 13))
    assert set(words.dates.weekdays.values()) == set(range(1, 8))
    assert all(word == word.lower() for word in [*words.numbers.words, *words.numbers.scales, *words.date_starts])
    assert {float(value) for value in range(17)} <= set(words.numbers.words.values())  # French composes 17 to 19


def test_another_language_has_no_sure_marks() -> None:
    assert lexicon("und").language == "en"
    assert not lexicon("und").numbers.sure


def test_the_longest_phrase_is_found_in_both_directions() -> None:
    phrases = Phrases({"per cent": 1, "cent": 2, "per": 3})
    tokens = tokenize("five per cent.")
    assert phrases.at(tokens, 1) == (1, 3)
    assert phrases.at(tokens, 2) == (2, 3)
    assert phrases.before(tokens, 3) == (1, 1)
    assert phrases.at(tokens, 0) is None
