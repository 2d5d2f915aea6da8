"""Translations: every structural text of the documents has one, and it keeps numbers, placeholders and terms."""

import re

import pytest

from otel_cert.law.obligations import UNDETERMINED
from otel_cert.questions.unmeasured import REASONS
from otel_cert.report import front, legal_words
from otel_cert.report.build import DELETED
from otel_cert.report.outline import UNPLACED
from otel_cert.report.requirements import Status

from .data import LANGUAGES, NAMES, PACK, every, fields, glossary, outline, read, words

TERMS = {
    "de": {"Provider": "Anbieter", "Deployer": "Betreiber", "Human oversight record": "menschlichen Aufsicht"},
    "fr": {"Provider": "Fournisseur", "Deployer": "Déployeur", "Human oversight record": "contrôle humain"},
    "es": {
        "Provider": "Proveedor",
        "Deployer": "Responsable del despliegue",
        "Human oversight record": "supervisión humana",
    },
}
HIGH_RISK = {"de": "Hochrisiko-KI-System", "fr": "système à haut risque", "es": "sistema de alto riesgo"}


def structural():
    """Yield titles, purposes, fixed texts, citations and questions of outlines, requirements and fields, and warnings."""
    for name in NAMES:
        yield from (outline(name)["title"], outline(name)["purpose"], outline(name)["basis"])
        for part in every(name):
            yield from (part[key] for key in ("title", "text", "citation") if key in part)
    for one in PACK.requirements:
        yield from (one.title, one.citation)
        yield one.paraphrase
    yield from (kind.what for kind in PACK.evidence)
    for one in fields().values():
        yield from one.values()
    yield from (
        UNPLACED,
        DELETED,
        front.MARKS,
        front.STALE,
        front.UNSIGNED,
        front.OTHER_SERVICES,
        front.NO_SUCH_SERVICE,
    )


def untranslated(known):
    return sorted({text for text in structural() if text not in known})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_structural_text_has_a_translation(language):
    assert untranslated(words(language)) == []


def test_a_missing_translation_is_found():
    known = dict(words("de"))
    del known["Risk classification record"]
    assert untranslated(known) == ["Risk classification record"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty_or_left_in_english(language):
    assert all(text.strip() for text in words(language).values())
    sentences = [text for text in words(language) if text.count(" ") > 5 and not re.match(r"(?:Art\.|Annex) ", text)]
    assert len(sentences) > 100
    assert [text for text in sentences if words(language)[text] == text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_numbers_and_placeholders(language):
    """Every year, point and article of the English text stands in the translation, and every `{placeholder}`."""
    for english, translated in words(language).items():
        lost = set(re.findall(r"\d+", _plain(english))) - set(re.findall(r"\d+", _plain(translated)))
        assert not lost, (english, translated)
        assert set(re.findall(r"{(\w+)[:}]", english)) == set(re.findall(r"{(\w+)}", translated)), english


def _plain(text):
    """Leave out what is written otherwise in other languages: ISO dates, ordinals as words, groups of thousands."""
    text = re.sub(r"(?<=\d)[.,\s](?=\d{3}\b)", "", text)
    text = re.sub(r"\d(?:st|nd|rd)\b", "", text)
    return re.sub(r"\b(\d{4})-0?(\d+)-0?(\d+)\b", r"\1 \3", re.sub(r"\b0(\d)\b", r"\1", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_are_those_of_the_act(language):
    for english, term in TERMS[language].items():
        assert term in words(language)[english]
    purpose = words(language)[outline("technical_documentation")["purpose"]]
    assert HIGH_RISK[language] in purpose


def test_the_languages_translate_the_same_texts():
    assert set(words("de")) == set(words("fr")) == set(words("es"))


def test_a_text_that_is_translated_twice_is_found():
    with pytest.raises(ValueError, match="twice"):
        read('"Law": "Recht"\n"Law": "Gesetz"\n')


def own():
    """Yield terms, outcomes, states, labels, questions and readings, and what dates, duties and guidance say."""
    for term, meaning in glossary().items():
        yield from (str(term), meaning)
    yield from (legal_words.tier(one.outcome) for one in PACK.rules.outcome_order)
    yield legal_words.tier(UNDETERMINED)
    yield from (state.value for state in Status)
    for one in PACK.timeline["dates"]:
        yield from (one["what"], one["basis"])
    for roles in PACK.rules.obligations.values():
        yield from (text for texts in roles.values() for text in texts)
    for one in PACK.standards["codes_and_guidelines"]:
        yield from (str(one["id"]), str(one["status"]))
    for question in PACK.questions.values():
        yield from (question.text.strip(), question.basis, *question.options.values())
    yield from PACK.rules.interpretation_notes
    yield from legal_words._LABELS.values()
    yield from REASONS.values()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_of_ours_has_a_translation(language):
    texts = set(own())
    assert len(texts) > 150
    assert sorted(text for text in texts if text not in words(language)) == []
