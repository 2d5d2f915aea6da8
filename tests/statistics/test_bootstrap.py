"""Resampling: what is drawn together, what a seed fixes, and that intervals cover as often as they say."""

import numpy as np
import pytest

from otel_cert.statistics.bootstrap import bootstrap, mean, weights


def test_rows_of_a_cluster_are_drawn_together():
    blocks = np.concatenate(list(weights(["a", "b", "a", "c"], 500)))
    assert blocks.shape == (500, 4)
    assert (blocks[:, 0] == blocks[:, 2]).all()
    assert (blocks[:, 0] + blocks[:, 1] + blocks[:, 3] == 3).all(), "as many clusters as there are"
    assert blocks[:, 1].mean() == pytest.approx(1, abs=0.1)


def test_the_seed_fixes_every_digit_and_another_one_does_not():
    values = mean(np.arange(20.0))
    first, again, other = (bootstrap(values, range(20), seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_many_rows_come_in_blocks():
    blocks = list(weights(range(30_000), 100))
    assert [len(block) for block in blocks] == [66, 34]


def test_one_cluster_has_no_interval():
    assert bootstrap(mean(np.array([1.0, 0.0])), ["d", "d"]) is None
    assert bootstrap(mean(np.array([])), []) is None


def test_a_statistic_that_is_hardly_ever_defined_has_no_interval():
    def rarely(weight):
        return np.where(weight[:, 0] > 2, 1.0, np.nan)

    assert bootstrap(rarely, range(10)) is None


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(3).normal(10, 2, 400)
    found = bootstrap(mean(values), range(400), samples=4000)
    error = values.std() / np.sqrt(400)
    assert (found.clusters, found.samples) == (400, 4000)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.02)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.02)


def test_clusters_of_equal_rows_are_as_uncertain_as_single_rows():
    single = np.random.default_rng(4).normal(size=60)
    repeated = np.repeat(single, 50)
    alone = bootstrap(mean(single), range(60))
    together = bootstrap(mean(repeated), np.repeat(range(60), 50).tolist())
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    ignored = bootstrap(mean(repeated), range(3000))
    assert ignored.high - ignored.low < 0.3 * (alone.high - alone.low), "what ignoring clusters would claim"


def test_intervals_of_clustered_shares_cover():
    drawn = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        chances = drawn.beta(2, 2, 40)
        rows = (drawn.random((40, 10)) < chances[:, None]).astype(float).ravel()
        found = bootstrap(mean(rows), np.repeat(range(40), 10).tolist(), samples=300)
        covered += found.low <= 0.5 <= found.high
    assert 176 <= covered <= 198  # 93 % for so few clusters is known to be usual; three sigma around it
