"""Limits from judged answers: what they keep, by simulation, and what is too little to find them."""

import math
import random

import pytest

from otel_cert.trajectory import DEFAULTS, Token, Trajectory, TrajectoryMonitor, limits
from otel_cert.trajectory.errors import InvalidInput
from otel_cert.trajectory.gates import chosen, judged

DRAWN = random.Random(5)


def answer(*surprisals):
    """An answer of tokens with these surprisals."""
    tokens = tuple(Token("x", 1, n, -s, s, 0.1) for n, s in enumerate(surprisals))
    return Trajectory("x" * len(tokens), tokens, "m", "cpu", 1, "stop", 0.1)


def some(n):
    return [answer(*(DRAWN.expovariate(1) for _ in range(8))) for _ in range(n)]


def test_each_gate_keeps_the_share_of_good_answers_that_was_asked_for():
    kept = dict.fromkeys((gate.name for gate in DEFAULTS), 0)
    rounds = 1500
    for _ in range(rounds):
        found = limits(some(39), keep=0.9)
        for result in judged(some(1)[0], chosen(found), 50_000).gates:
            kept[result.name] += result.passed
    expected, spread = 0.9, 4 * math.sqrt(0.9 * 0.1 / rounds)
    assert all(expected - spread <= count / rounds <= 1 for count in kept.values()), kept
    assert abs(kept["perplexity"] / rounds - expected) <= spread, "a measure without ties is kept exactly"


def test_the_limit_is_the_value_of_one_of_the_answers():
    good = [answer(s) for s in range(1, 20)]
    assert limits(good)["mean_entropy"] == 19
    assert limits(good, keep=0.5)["mean_entropy"] == 10


@pytest.mark.parametrize(("n", "keep"), [(18, 0.95), (0, 0.5), (98, 0.99)])
def test_too_few_answers_are_said_to_be_too_few(n, keep):
    with pytest.raises(InvalidInput, match=f"{n} answers are too few"):
        limits([answer(1.0)] * n, keep=keep)
    assert limits([answer(1.0)] * (n + 1), keep=keep)["mean_entropy"] == 1.0


@pytest.mark.parametrize("keep", [0, 1, -0.1, math.nan])
def test_a_share_that_is_none_is_refused(keep):
    with pytest.raises(InvalidInput, match="is no share"):
        limits(some(30), keep=keep)


def test_what_it_finds_are_limits_for_a_monitor():
    assert TrajectoryMonitor("a folder", gates=limits(some(19))) is not None
