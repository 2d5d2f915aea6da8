"""The true entropy lies within the bounds, whatever is cut off; where nothing is, they are the entropy."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_cert.measures.entropy import bounds, entropy

EXACT = 1e-9


@st.composite
def distributions(draw: Any) -> np.ndarray:
    """Draw log probabilities of 2 to 60 tokens: flat, peaked, with zeros and with ties; most probable first."""
    size = draw(st.integers(2, 60))
    sharp = draw(st.sampled_from([0.01, 1.0, 5.0, 40.0]))
    logits = sharp * np.array(draw(st.lists(st.floats(-1, 1), min_size=size, max_size=size)))
    if draw(st.booleans()):
        logits[draw(st.integers(1, size - 1)) :] = -np.inf
    logits = np.sort(logits)[::-1]
    top = logits - logits.max()
    return top - np.log(np.exp(top).sum())


def true(logprobs: np.ndarray) -> float:
    p = np.exp(logprobs[logprobs > -np.inf])
    return float(-(p * np.log(p)).sum())


@settings(max_examples=300, deadline=None)
@given(distributions(), st.data())
def test_the_entropy_lies_within_the_bounds_wherever_the_list_is_cut(logprobs: np.ndarray, data: st.DataObject) -> None:
    size = len(logprobs)
    k = data.draw(st.integers(1, size))
    listed = logprobs[:k]
    lower, upper = bounds([listed], size, [listed.min()] if np.isfinite(listed.min()) else None)
    assert lower[0] - EXACT <= true(logprobs) <= upper[0] + EXACT
    alone, same = bounds([listed])
    assert alone[0] <= lower[0] + EXACT, "knowing that the list is the top makes the bound no worse"
    assert np.isnan(same[0]) or same[0] == pytest.approx(true(logprobs), abs=EXACT)


@settings(max_examples=300, deadline=None)
@given(distributions(), st.data())
def test_also_when_the_chosen_token_is_none_of_the_most_probable(logprobs: np.ndarray, data: st.DataObject) -> None:
    size = len(logprobs)
    if size < 3:
        return
    k = data.draw(st.integers(1, size - 2))
    chosen = data.draw(st.integers(k, size - 1))
    listed = np.append(logprobs[:k], logprobs[chosen])
    largest = logprobs[k - 1]
    lower, upper = bounds([listed], size, [largest] if np.isfinite(largest) else None)
    assert lower[0] - EXACT <= true(logprobs) <= upper[0] + EXACT


@settings(max_examples=100, deadline=None)
@given(distributions(), st.integers(0, 1000))
def test_a_larger_vocabulary_than_the_true_one_only_raises_the_upper_bound(logprobs: np.ndarray, more: int) -> None:
    size, k = len(logprobs), max(1, len(logprobs) // 3)
    (tight,), (wide,) = (bounds([logprobs[:k]], v).upper for v in (size, size + more))
    assert true(logprobs) <= wide + EXACT
    assert wide >= tight - EXACT


def test_closed_forms() -> None:
    uniform = np.full((1, 7), -log(7))
    assert entropy(uniform) == pytest.approx([log(7)])
    assert bounds(uniform, 7) == pytest.approx((log(7), log(7)))
    assert bounds([[0.0]]) == pytest.approx((0.0, 0.0)), "certain"
    assert bounds([[0.0, -np.inf, np.nan]], 100) == pytest.approx((0.0, 0.0))
    # Of a uniform distribution over 8 a list of 2 leaves the entropy unknown only when the others may differ.
    two = np.full((1, 2), -log(8))
    assert bounds(two, 8, [-log(8)]) == pytest.approx((log(8), log(8)))
    lower, upper = bounds(two, 8)
    assert (lower[0], upper[0]) == pytest.approx((0.25 * log(8) - 0.75 * log(0.75), log(8)))


def test_the_rest_placed_by_hand() -> None:
    # 0.5 and 0.2 known, 0.3 left, no other above 0.2: at least 0.2 and 0.1, at most 0.1 three times.
    p = [0.5, 0.2, 0.2, 0.1]
    lower, upper = bounds([np.log([0.5, 0.2])], 5, [log(0.2)])
    assert lower[0] == pytest.approx(-sum(q * log(q) for q in p))
    assert upper[0] == pytest.approx(-sum(q * log(q) for q in [0.5, 0.2, 0.1, 0.1, 0.1]))


def test_without_a_vocabulary_there_is_no_upper_bound() -> None:
    lower, upper = bounds([np.log([0.5, 0.2]), [np.nan, np.nan]])
    assert lower[0] > 0
    assert np.isnan([upper[0], lower[1], upper[1]]).all(), "and nothing at all of an empty list"


def test_a_list_that_fits_no_vocabulary_or_no_distribution() -> None:
    assert np.isnan(bounds([np.log([0.3, 0.3, 0.3])], 2).upper).all(), "three tokens of two"
    assert np.isnan(bounds([np.log([0.9, 0.9])], 9)).all(), "more than all"
    # 0.9 is left, which three tokens of at most 0.1 cannot hold: then 0.1 is no limit.
    assert bounds([np.log([0.1])], 4, [log(0.1)]).lower == pytest.approx(bounds([np.log([0.1])], 4).lower)


def test_probabilities_that_round_to_more_than_one() -> None:
    lower, upper = bounds([[-1e-9, -12.0, -14.0]], 200_019, [-14.0])
    assert 0 <= lower[0] <= upper[0] < 1e-3
    assert bounds([[0.0, -30.0]], 200_019, [-30.0]).upper[0] < 1e-9


def test_a_shape_that_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="table"):
        bounds([-0.5, -1.0])


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 10.0, 100.0])
def test_equal_to_torchs_categorical(sharpness: float) -> None:
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(7)
    logits = sharpness * torch.randn(64, 1000, generator=generator, dtype=torch.float64)
    categorical = torch.distributions.Categorical(logits=logits)
    logprobs = categorical.logits.numpy()
    wanted = categorical.entropy().numpy()
    assert np.abs(entropy(logprobs) - wanted).max() < 1e-9
    lower, upper = bounds(logprobs, 1000)
    assert max(np.abs(lower - wanted).max(), np.abs(upper - wanted).max()) < 1e-9
    single = categorical.logits.float().numpy()
    assert np.abs(entropy(single) - wanted).max() < 1e-5
    # Cut at 20, as providers do.
    top = -np.sort(-logprobs, axis=1)[:, :20]
    lower, upper = bounds(top, 1000, top[:, -1])
    assert (lower <= wanted + EXACT).all()
    assert (wanted <= upper + EXACT).all()
