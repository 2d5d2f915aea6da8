"""What is read from recorded log probabilities, odd ones included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from otel_cert.measures.entropy import profile, read


def token(text: str | None, logprob: Any, top: Any = None) -> dict[str, Any]:
    entry = {"token": text, "logprob": logprob}
    return entry if top is None else entry | {"top": [{"token": t, "logprob": v} for t, v in top]}


def test_the_token_among_its_alternatives() -> None:
    found = read([token("b", -1.5, [("a", -0.5), ("b", -1.5), ("c", -2.0)])])
    assert (found.ranks.tolist(), found.alternatives.tolist(), found.largest.tolist()) == ([2], [3], [-2.0])
    assert sorted(found.known[0][~np.isnan(found.known[0])]) == [-2.0, -1.5, -0.5]


def test_a_token_outside_of_its_list_is_one_more_and_limits_nothing() -> None:
    found = read([token("z", -6.0, [("a", -0.5), ("b", -1.5)])])
    assert (found.ranks.tolist(), found.largest.tolist()) == ([0], [-1.5])
    assert sorted(found.known[0]) == [-6.0, -1.5, -0.5]
    listed = read([token("z", -6.0, [("z", -6.0), ("a", -0.5), ("b", -1.5)])])
    assert listed.largest.tolist() == [-1.5], "nor when the server lists it all the same"


def test_a_token_alone() -> None:
    found = read([token("a", -0.5)])
    assert (found.known.tolist(), found.ranks.tolist(), found.alternatives.tolist()) == ([[-0.5]], [0], [0])
    assert np.isnan(found.largest).all()


def test_tokens_without_texts_are_known_by_their_numbers() -> None:
    found = read([{"logprob": -1.5, "top": [{"logprob": -0.5}, {"logprob": -1.5}]}, token(None, -3.0, [("a", -0.5)])])
    assert found.ranks.tolist() == [2, 0]
    assert found.known[1].tolist()[0] == -0.5
    assert np.isnan(found.known[1][1:]).all(), "it may be `a` or another: not counted twice"


@pytest.mark.parametrize("sent", [-9999.0, -math.inf, -1e9, -3.4e38, "-Infinity"])
def test_unlikely_is_no_number(sent: Any) -> None:
    found = profile(tokens := read([token("a", sent, [("b", -0.1)]), token("c", -0.5, [("c", -0.5), ("d", sent)])]))
    assert (tokens.unlikely, tokens.unreadable, found.known, found.mean) == (1, 0, 1, 0.5)
    assert tokens.ranks.tolist() == [0, 1]
    assert np.isfinite(found.entropy.lower).all(), "its alternatives still say something"


@pytest.mark.parametrize("sent", [math.nan, math.inf, 0.5, "x", None, True, [], {}])
def test_unreadable_is_no_number(sent: Any) -> None:
    found = profile(tokens := read([token("a", sent), token("b", -0.25)]))
    assert (tokens.unlikely, tokens.unreadable, found.known, found.total) == (0, 1, 1, 0.25)
    assert np.isnan(found.surprisal).tolist() == [True, False]
    broken = read([token("b", -0.25, [("b", -0.25), ("c", sent), ("d", -3.0)])])
    assert np.isnan(broken.largest).all(), "an alternative that cannot be read may be any"


def test_rounded_above_zero_is_zero() -> None:
    found = profile(read([token("a", 1.9e-6, [("a", 1.9e-6), ("b", -20.0)])]), 100)
    assert (found.total, found.perplexity) == (0.0, 1.0)
    assert 0 <= found.entropy.lower[0] <= found.entropy.upper[0] < 1e-6


@pytest.mark.parametrize("choice", [[], [None], ["x"], [5, {}], [{"top": "x"}], [{"top": [None, 3]}]])
def test_what_is_no_token_has_no_figure(choice: list[Any]) -> None:
    found = profile(tokens := read(choice))
    assert (len(tokens), tokens.unreadable, found.known) == (len(choice), len(choice), 0)
    assert found.mean is found.total is found.perplexity is found.share_below is found.worst is found.window is None
    assert set(found.surprisal_parts) == {None}
