"""Where sentences end: not behind abbreviations, ordinals and decimals, but at items, headings and wide marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.measures.accuracy.sentences import sentences


def split(text, language="en"):
    return [text[start:end] for start, end in sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Dr. Lane paid approx. $5.3 million.", "Mr. J. Hill and J.R. Moe left!", "Did he?", "Yes."]),
        ("en", ["It was built in the U.S. by Roe Inc. in 1990.", "It fell."]),
        ("en", ["He saw the U.S.", "The next day he left."]),
        ("en", ["“Stop!” she said.", "He did not."]),
        ("en", ["Version 2.3.1 is out.", "See example.org/a.b for more."]),
        ("de", ["Dr. Müller kam am 3. Oktober, z. B. um 5 Uhr.", "Er ging bzw. fuhr heim."]),
        ("es", ["El Sr. Paz no vino.", "¿Por qué?", "Nadie lo sabe."]),
        ("fr", ["M. Roux a vendu p. ex. 3,5 tonnes.", "Mme Roux non."]),
        ("und", ["他去了北京。", "她没有去！", "为什么？"]),
        ("und", ["هل ذهب؟", "نعم."]),
    ],
)
def test_sentences_of_a_line(language, expected):
    gap = "" if "。" in expected[0] else " "
    assert split(gap.join(expected), language) == expected


def test_items_headings_and_blank_lines_are_apart():
    text = "# Results\n- first item\n- second item, which\n  goes on\n\n1. Open it\n2. Close it\n\nEnd of it"
    assert split(text) == [
        "# Results",
        "- first item",
        "- second item, which\n  goes on",
        "1. Open it",
        "2. Close it",
        "End of it",
    ]


def test_a_wrapped_line_goes_on():
    text = "The committee met in the old town hall on the market square of\nHanover and decided. It was late."
    assert len(split(text)) == 2


@given(
    st.text(alphabet=st.sampled_from("aB. \n!?。3-\"'é。\u0301\x00\udcff*"), max_size=60),
    st.sampled_from(["en", "de", "und"]),
)
def test_together_they_have_every_character_once(text, language):
    spans = sentences(text, language)
    covered = [at for start, end in spans for at in range(start, end)]
    assert covered == sorted(set(covered))
    assert all(text[at].isspace() for at in set(range(len(text))) - set(covered))
    assert all(start < end for start, end in spans)
