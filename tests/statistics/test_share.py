"""The interval of a share whose rows may come in clusters."""

import numpy as np
import pytest

from otel_cert.statistics.bootstrap import share
from otel_cert.statistics.intervals import wilson


def test_rows_that_are_alone_have_wilsons_interval():
    assert share([True] * 3 + [False] * 7, range(10)) == wilson(3, 10)


def test_rows_that_come_together_have_a_wider_one():
    hits = [True] * 20 + [False] * 80
    low, high = share(hits, [n // 10 for n in range(100)])
    alone_low, alone_high = wilson(20, 100)
    assert high - low > 2 * (alone_high - alone_low)
    assert share(hits, [n // 10 for n in range(100)]) == (low, high)  # the same each time


@pytest.mark.parametrize("hit", [True, False])
def test_where_all_rows_agree_clusters_are_the_trials(hit):
    assert share([hit] * 50, [n // 10 for n in range(50)]) == wilson(5 if hit else 0, 5)


def test_of_a_single_cluster_there_is_none():
    assert share([True, False], ["a", "a"]) is None
    assert share([], []) is None


def test_it_holds_the_true_share_about_as_often_as_it_says():
    random = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        chances = random.beta(2, 3, 60)
        hits = random.random((60, 4)) < chances[:, None]
        low, high = share(hits.ravel().tolist(), np.repeat(np.arange(60), 4).tolist())
        held += low <= 0.4 <= high
    assert held > 200 * 0.9
