"""Words that the context has, but where it says something else."""

import numpy as np
import pytest

import otel_cert
from otel_cert.measures.accuracy.apart import apart

CONTEXT = (
    "The bridge of Arden was opened by the mayor in the spring. It rained all day. The harbour of Corvo is deep. "
    "The mill of Dunmore was sold to a brewer in the autumn."
)


def test_a_word_is_as_far_apart_as_the_rest_is_less_supported_where_it_stands():
    by_place = np.array([[1.0, 0.5], [1.0, 0.25], [0.5, 1.0]])
    lexical = np.array([[True, False], [True, False], [False, True]])
    weights = np.array([1.0, 1.0, 2.0])
    # The rest of the third word: 1 in the first place, and 0.375 in the second, which has it.
    assert apart(by_place, lexical, weights) == pytest.approx([2 / 3 - 2.25 / 3, 2 / 3 - 2.5 / 3, 0.375 - 1])


def test_a_word_that_no_place_has_is_not_apart():
    by_place = np.array([[0.2, 0.1], [0.9, 0.1], [0.8, 0.1]])
    assert apart(by_place, np.zeros((3, 2), bool), np.ones(3)).tolist() == [0, 0, 0]


def test_two_words_have_no_rest():
    assert apart(np.eye(2), np.eye(2) > 0, np.ones(2)).tolist() == [0, 0]


def test_an_answer_put_together_from_two_sentences_scores_lower_than_one_from_one():
    whole, mixed = (
        otel_cert.measure(text, CONTEXT)
        for text in (
            "The mill of Dunmore was sold to a brewer in the autumn.",
            "The mill of Dunmore was opened by the mayor in the autumn.",
        )
    )
    assert whole.details["features"]["apart"] == 0
    assert mixed.details["features"]["apart"] < -0.2
    assert mixed.confidence < whole.confidence
