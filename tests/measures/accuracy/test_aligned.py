"""The method `aligned`, with the real model, on pairs of our own writing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

import otel_cert
from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.aligned import Aligned
from otel_cert.measures.accuracy.marks import HINTS
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.result import Measured, Reason

PAIRS = yaml.safe_load((Path(__file__).parent / "pairs.yaml").read_text(encoding="utf-8"))
EACH = [
    pytest.param(language, pair, id=f"{language}-{pair['words']}") for language in PAIRS for pair in PAIRS[language]
]


def reasons(found: Measured) -> list[Reason]:
    """Return all reasons of the rules."""
    return [reason for claim in found.claims for reason in claim.reasons if reason.kind not in HINTS]


@pytest.mark.parametrize(("language", "pair"), EACH)
def test_what_differs_is_named_with_its_words(language: str, pair: Mapping[str, str]) -> None:
    found = otel_cert.measure(pair["wrong"], pair["context"])
    assert found.language == language
    assert [(reason.kind, pair["wrong"][reason.start : reason.end]) for reason in reasons(found)] == [
        (pair["kind"], pair["words"])
    ]
    assert not found.matched
    assert not found.claims[0].supported


@pytest.mark.parametrize(("language", "pair"), EACH)
def test_the_same_in_other_words_is_supported(language: str, pair: Mapping[str, str]) -> None:
    found = otel_cert.measure(pair["right"], pair["context"])
    assert found.language == language
    assert reasons(found) == []
    assert found.matched
    assert found.confidence > otel_cert.measure(pair["wrong"], pair["context"]).confidence


def test_evidence_names_its_chunk_and_characters() -> None:
    chunks = ["Nothing of interest here. Nor here.", "Rents are due monthly. The rent is 900 EUR a month."]
    (claim,) = otel_cert.measure("The rent is 950 EUR a month.", chunks).claims
    assert claim.evidence is not None
    assert (claim.evidence.chunk, claim.evidence.text) == (1, "The rent is 900 EUR a month.")
    assert chunks[1][claim.evidence.start : claim.evidence.end] == claim.evidence.text
    (reason,) = claim.reasons
    assert (reason.message, reason.start, reason.end) == ("number: 950 EUR, context has 900 EUR", 12, 19)
    assert reason.evidence is not None
    assert (reason.evidence.chunk, reason.evidence.text) == (1, "900 EUR")


def test_each_sentence_is_a_claim_of_its_own() -> None:
    context = "The library opens at nine. It has two thousand books. Members pay nothing."
    answer = "The library opens at nine. It sells fresh bread."
    found = otel_cert.measure(answer, context)
    assert [claim.text for claim in found.claims] == ["The library opens at nine.", "It sells fresh bread."]
    first, second = found.claims
    assert first.supported
    assert not second.supported
    assert second.score < found.confidence < first.score
    assert [answer[one.start : one.end] for one in second.reasons if one.kind == "unlike"] == ["sells fresh bread"]


def test_nothing_of_a_long_context_is_cut_off() -> None:
    filler = "The committee met again and talked about the colour of the chairs. " * 400
    answer = "The bridge in Tarvos was closed on 3 May 1987."
    assert otel_cert.measure(answer, f"{filler} The bridge in Tarvos was closed on 3 May 1987.").matched
    assert not otel_cert.measure(answer, filler).matched


def test_a_number_in_another_form_counts_as_known() -> None:
    scored = Aligned().compare("The town has 1.2 million inhabitants.", ["The town has 1,200,000 inhabitants."])
    assert scored.whole["lexical"] == 1
    assert scored.whole["number"] == 0


def test_words_about_the_answer_itself_need_no_support() -> None:
    context = "The ferry leaves at noon."
    plain, framed = (
        Aligned().compare(answer, [context]).whole["lowest"]
        for answer in ("The ferry leaves at noon.", "Based on the provided passages: the ferry leaves at noon.")
    )
    assert plain == framed == 1


def test_the_question_tells_where_a_short_answer_should_stand() -> None:
    context = "The museum was built in 1902. A storm destroyed the roof in 1956. The roof was repaired in 1961."
    asked = "In which year did a storm destroy the roof?"
    right, wrong = (otel_cert.measure(year, context, question=asked).confidence for year in ("1956", "1902"))
    assert right > wrong
    assert otel_cert.measure("1956", context).confidence < otel_cert.measure("1902", context).confidence


def test_the_older_names_are_the_same() -> None:
    one = otel_cert.measure(text1="The door is red.", text2="The door is red.")
    assert one == otel_cert.measure("The door is red.", "The door is red.")
    with pytest.raises(UsageError, match="answer: both were given"):
        otel_cert.measure("a", text1="a", text2="b")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("answer", "context", "message"),
    [
        ("", "A text.", "the answer is blank"),
        ("A text.", " \n", "the context is blank"),
        ("A text.", [], "the context is blank"),
        ("...", "A text.", "the answer has no words"),
        ("A text.", "!!!", "the context has no words"),
    ],
)
def test_nothing_to_compare_is_no_score(answer: str, context: str | list[str], message: str) -> None:
    with pytest.raises(NotScored, match=message):
        otel_cert.measure(answer, context)


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x01\x02 text \x7f", "lone \ud800 surrogate \udfff", "👩‍👩‍👧‍👦 family 🎉", "مرحبا بالعالم 123", "שלום עולם",
        "你好世界。今天是星期三。", "สวัสดีชาวโลก",
        "a" * 50_000, "1 " * 20_000, "e\u0301" * 500, "\u202eabc\u202c", "word\n" * 3_000,
    ],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_odd_texts_have_a_score_of_themselves(text: str) -> None:
    found = otel_cert.measure(text, text)
    assert found.matched
    assert all(0 <= claim.start < claim.end <= len(text) for claim in found.claims)


def test_bytes_are_refused_with_the_next_step() -> None:
    with pytest.raises(UsageError, match="not text") as error:
        otel_cert.measure(b"bytes", "text")  # type: ignore[call-overload]
    assert error.value.hint is not None


_PROGRAM = """
import otel_cert
found = otel_cert.measure("The fee is 12 EUR, said Ann Lee.", ["The fee is 10 EUR.", "Ann Lee said so."], "What is the fee?")
print(found.model_dump_json())
"""


def test_another_process_gives_the_same_bits() -> None:
    first, second = (
        subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    assert '"confidence":' in first


def test_what_was_measured_before_changes_nothing() -> None:
    method = Aligned()
    alone = method.score("The tower is 300 m high.", ["The tower is 330 m high."])
    method.score("Another answer.", ["Another context, with other words."])
    assert method.score("The tower is 300 m high.", ["The tower is 330 m high."]) == alone


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"context": 5}, "neither text nor a list of texts but int"),
        ({"context": {"The door": "is red."}}, "neither text nor a list of texts but dict"),
        ({"context": b"The door is red."}, "neither text nor a list of texts but bytes"),
        ({"question": 5}, "the question is not text but int"),
        ({"threshold": "0.5"}, "the threshold 0.5 is not between 0 and 1"),
    ],
)
def test_what_is_of_another_type_is_a_clear_error(named, message):
    with pytest.raises(UsageError, match=message):
        otel_cert.measure(**{"answer": "The door is red.", "context": "The door is red."} | named)
