"""The figures of one answer."""

from __future__ import annotations

from math import exp, inf, log, nan

import numpy as np
import pytest

from otel_cert.measures.entropy import Bounds, profile, read, summarise


def of(surprisal, **options):
    values = np.array(surprisal, float)
    return summarise(values, Bounds(values, values), **options)


def test_by_hand():
    found = of([0.25, 0.5, 1.0, 0.0], window=2, below=0.5)
    assert (found.total, found.mean, found.perplexity) == (1.75, 0.4375, exp(0.4375))
    assert found.worst == (2, 3, 1.0)
    assert found.window == (1, 3, 0.75)
    assert found.share_below == 0.25, "only exp(-1) is less than a half"
    assert found.surprisal_parts == (0.25, 0.5, 1.0, 0.0, *[None] * 6)


def test_perplexity_of_a_uniform_choice_is_the_number_of_tokens():
    listed = [{"token": str(i), "logprob": -log(50)} for i in range(50)]
    found = profile(read([{"token": "3", "logprob": -log(50), "top": listed}] * 20), 50)
    assert found.perplexity == pytest.approx(50)
    assert found.entropy.lower == pytest.approx(np.full(20, log(50)))
    assert found.entropy.upper == pytest.approx(np.full(20, log(50)))


def test_unknown_tokens_take_no_part():
    found = of([nan, 2.0, nan, nan, 0.5, 0.5, nan], window=3)
    assert (found.known, found.mean, found.worst) == (3, 1.0, (1, 2, 2.0))
    assert found.window == (3, 6, 0.5), "a window of which most is unknown is none"
    assert of([nan, nan, 1.0], window=3).window is None


def test_a_window_is_no_longer_than_the_answer():
    assert of([1.0, 3.0], window=8).window == (0, 2, 2.0)


def test_a_perplexity_beyond_a_double_is_unknown():
    found = of([900.0])
    assert (found.mean, found.perplexity) == (900.0, None)


def test_a_profile_of_ten_parts():
    found = of(np.repeat(np.arange(10.0), 7))
    assert found.surprisal_parts == pytest.approx(tuple(range(10)))
    assert found.entropy_parts == found.surprisal_parts
    assert inf not in found.surprisal_parts
