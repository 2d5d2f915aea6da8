import pytest

from otel_cert.report.forms import said, translation, whole
from otel_cert.report.numerals import localized
from otel_cert.report.words import Words, words


def known(**texts: str) -> Words:
    found = Words({name.replace("_", " "): text for name, text in texts.items()})
    found.language = "de"
    return found


@pytest.mark.parametrize(
    ("language", "number", "written"),
    [
        ("de", "1,234.5", "1.234,5"), ("de", "1,234,567", "1.234.567"), ("de", "2026", "2026"), ("en", "1,234.5", "1,234.5"),
        ("fr", "1,234.5", "1\u202f234,5"), ("es", "1,234.5", "1234,5"), ("es", "12,345", "12.345"),
        ("es", "0.000029", "0,000029"), ("fr", "95.3 %", "95,3\xa0%"), ("xx", "1.5", "1.5"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_the_language_does(language: str, number: str, written: str) -> None:
    assert localized(number, language) == written


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("2 of 1,053 calls; 95 % interval 1.0 % to 12.8 %", "2 von 1.053 Aufrufen; 95-%-Intervall 1,0\xa0% bis 12,8\xa0%"),
        ("0 of 1 call; of a single user or conversation there is no interval",
         "0 von 1 Aufruf; bei einem einzigen Nutzer oder einer einzigen Unterhaltung gibt es kein Intervall"),
        ("14 of 14; 95 % interval 78.5 % to 100.0 %", "14 von 14; 95-%-Intervall 78,5\xa0% bis 100,0\xa0%"),
        ("about 3 s → about 4.5 s", "etwa 3 s → etwa 4,5 s"),
        ("0.000540 USD", "0,000540 USD"),
        ("Cost in USD: gpt-4.1 0.0058, nova 1.5.", "Kosten in USD: gpt-4.1 0,0058, nova 1,5."),
        ("below 0.02", "unter 0,02"),
        ("2026-11-30 07:18:40 UTC", "2026-11-30 07:18:40 UTC"),
        ("call_failed 2", "call_failed 2"),
        ("Cost, tokens and calls, by model", "Kosten, Token und Aufrufe, nach Modell"),
        ("Changed: models, failed calls.", "Geändert: Modelle, fehlgeschlagene Aufrufe."),
    ],
)  # fmt: skip
def test_a_text_with_data_is_translated_by_its_form(english: str, german: str) -> None:
    assert said(english, words("de")) == german


def test_what_stands_in_a_place_is_kept_when_it_is_a_name_and_needs_a_translation_when_it_is_ours() -> None:
    texts = known() | {
        "by {who:=}": "von {who}",
        "of {part}": "von {part}",
        "Provider": "Anbieter",
        "or {who:~}": "oder {who}",
    }
    made = known()
    made.update(texts)
    assert said("by Provider", made) == "von Provider"
    assert said("of Provider", made) == "von Anbieter"
    assert said("or Provider", made) == "oder Anbieter"
    assert said("or anybody", made) == "oder anybody"
    assert translation("of nothing", made) is None


def test_a_text_is_translated_whole_or_not_at_all() -> None:
    made = known(One="Eins", Two="Zwei")
    made.update({". ": ". ", "; ": "; ", ", ": ", "})
    made.update({"One.": "Eins.", "Two.": "Zwei."})
    assert said("One. Two.", made) == "Eins. Zwei."
    assert said("One; Two, One", made) == "Eins; Zwei, Eins"
    assert said("One. Three.", made) == "One. Three."
    assert said("One; Three", made) == "One; Three"


def test_of_two_forms_the_one_that_says_more_is_meant() -> None:
    made = known()
    made.update({"{a:=}, {b:=}": "{b} {a}", "{a:=}, owner {b:=}": "{a}, zuständig {b}"})
    assert said("open, owner x", made) == "open, zuständig x"


def test_a_persons_text_is_not_put_together_from_texts_of_ours() -> None:
    made = words("de")
    assert said("Provider, Deployer", made) == "Anbieter, Betreiber"
    assert whole("Provider, Deployer", made) == "Provider, Deployer"
    assert whole("Provider", made) == "Anbieter"


def test_french_punctuation_does_not_stand_alone_on_a_line() -> None:
    assert words("fr")["the call failed"] == "l’appel a échoué"
    assert said("Rates by model: see “Errors”.", words("fr")).endswith("\xa0: voir «\xa0Erreurs\xa0».")


def test_french_has_a_space_before_the_colon_of_a_label() -> None:
    assert [f"Question{words(language)[':']}" for language in ("en", "de", "fr")] == [
        "Question:", "Question:", "Question\xa0:",
    ]  # fmt: skip


def test_a_text_with_data_without_end_is_left_as_it_is():
    text = "word: word; " * 20_000  # in parts it would take hours
    assert said(text, words("de")) == text
