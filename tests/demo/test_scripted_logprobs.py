"""The scripted log probabilities are a distribution at each token, and the same each time."""

from math import exp

import pytest

from otel_cert.demo.scripted_logprobs import logprobs, tokens

TEXT = "Tram lines 2 and 7 stop at the museum."


def test_tokens_spell_the_answer():
    assert "".join(entry["token"] for entry in logprobs(TEXT, 3)) == TEXT
    assert tokens(TEXT)[:3] == ["Tram", " lines", " 2"]
    assert logprobs("", 3) == []


@pytest.mark.parametrize("top", [0, 1, 4])
def test_each_token_comes_from_a_distribution(top):
    assert logprobs(TEXT, top) == logprobs(TEXT, top)
    for entry in logprobs(TEXT, top):
        listed = {each["token"]: exp(each["logprob"]) for each in entry["top_logprobs"]}
        assert len(listed) == top
        assert [*listed.values()] == sorted(listed.values(), reverse=True)
        assert sum({**listed, entry["token"]: exp(entry["logprob"])}.values()) < 1
        assert bytes(entry["bytes"]).decode() == entry["token"]


def test_numbers_are_less_sure_than_words():
    numbers, words = [], []
    for entry in logprobs(TEXT * 30, 0):
        (numbers if entry["token"].strip().isdigit() else words).append(entry["logprob"])
    assert sum(numbers) / len(numbers) < sum(words) / len(words)
