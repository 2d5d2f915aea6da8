"""The words of each language: one schema, folded, and none on both sides of anything."""

import pytest
from pydantic import ValidationError

from otel_cert.measures.accuracy.vocabulary import LANGUAGES, Vocabulary, fold, load, vocabulary


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_kind_of_word(language):
    known = vocabulary(language)
    assert known is not None
    assert known.language == language
    for kind in (
        known.stop_words,
        known.abbreviations,
        known.titles,
        known.particles,
        known.not_names,
        known.determiners,
        known.symmetric,
        known.passive,
        known.verbs.words,
        known.verbs.endings,
        known.negation.words,
        known.negation.verbs,
        known.negation.prefixes,
        known.negation.not_prefixed,
        known.negation.soft,
        known.negation.conditions,
        known.negation.fixed,
    ):
        assert kind
    assert len(known.opposites) >= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_its_own_opposite(language):
    known = vocabulary(language)
    assert known is not None
    for one, other in known.opposites:
        assert one
        assert other
        assert not one & other


@pytest.mark.parametrize("language", LANGUAGES)
def test_fixed_phrases_have_a_word_that_denies(language):
    known = vocabulary(language)
    assert known is not None
    for phrase in known.negation.fixed:
        assert known.negation.words & set(phrase), phrase


def test_a_language_without_rules_has_no_vocabulary():
    assert vocabulary("it") is None
    assert vocabulary("und") is None


def test_a_misspelt_key_is_refused():
    with pytest.raises(ValidationError, match="stopwords"):
        Vocabulary.model_validate(load("en") | {"stopwords": "a"})


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("\uff21\uff22\uff23", "abc"),
        ("e\u0301te\u0301", "été"),
        ("don’t", "don't"),
        ("co\u00adoperate", "cooperate"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded
