"""Words: their offsets in the text as given, what they are compared by, in any script."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.measures.accuracy.words import parse, stem_of, words_of


def texts(text, language="en"):
    return [word.text for word in words_of(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "O'Neill's well-known dog isn't 5km away",
            ["O'Neill's", "well", "known", "dog", "isn't", "5km", "away"],
        ),
        ("en", "1,234.5 (IL-12)", ["1,234.5", "IL", "12"]),
        ("fr", "L’usine n'a qu'un quai aujourd'hui", ["L’", "usine", "n'", "a", "qu'", "un", "quai", "aujourd'hui"]),
        ("und", "他去了北京", ["他", "去", "了", "北", "京"]),
        ("und", "สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("und", "Türkiye'nin şehri", ["Türkiye'nin", "şehri"]),
        ("und", "مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("und", "🥐 \x00\udcff …", []),
    ],
)
def test_words_of_a_text(language, text, expected):
    assert texts(text, language) == expected


def test_offsets_count_in_the_text_as_given():
    text = "Eﬃzient \uff21\uff22: e\u0301te\u0301"
    found = words_of(text, "en")
    assert [(word.start, word.end, word.folded) for word in found] == [
        (0, 7, "effizient"),
        (8, 10, "ab"),
        (12, 17, "été"),
    ]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["increase", "increased", "increasing"]),
        ("de", ["Vertrag", "Vertrages", "Verträge"]),
        ("es", ["contrato", "contratos"]),
        ("fr", ["autorisé", "autorisée", "autoriser"]),
        ("und", ["компания", "компании"]),
        ("und", ["πόλη", "πόλης"]),
    ],
)
def test_forms_of_a_word_have_one_stem(language, forms):
    assert len({stem_of(form, language) for form in forms}) == 1


def test_stop_words_and_possessives():
    the, banks, vault = words_of("The bank’s vault", "en")
    assert (the.stop, banks.stop, vault.stop) == (True, False, False)
    assert banks.folded == "bank"
    assert the.stem == "the"


def test_a_sentence_knows_its_words():
    parsed = parse("One door. Two large doors.", "en")
    assert [[word.text for word in parsed.words_of(one)] for one in parsed.sentences] == [
        ["One", "door"],
        ["Two", "large", "doors"],
    ]


@given(st.text(max_size=80), st.sampled_from(["en", "de", "es", "fr", "und"]))
def test_any_text_is_parsed(text, language):
    parsed = parse(text, language)
    assert all(text[word.start : word.end] == word.text for word in parsed.words)
    assert sum(one.last - one.first for one in parsed.sentences) == len(parsed.words)


@pytest.mark.parametrize("unit", ["a", "1.", "M. ", "'a", "\u0301", "\n", ".", "- ", "\"' ", "Xx ", "去"])
def test_time_grows_linearly_with_hostile_text(unit):
    def seconds(size):
        start = time.process_time()
        parse(unit * (size // len(unit)), "en")
        return time.process_time() - start

    seconds(10_000)
    assert seconds(200_000) < 40 * seconds(20_000) + 0.5


@pytest.mark.parametrize("unseen", ["\u00ad", "\u200c", "\u200d\u200d"])
def test_what_is_not_seen_is_no_word(unseen):
    parsed = parse(f"one {unseen} two {unseen}", "en")
    assert [word.text for word in parsed.words] == ["one", "two"]
    assert stem_of(unseen, "en") == ""
