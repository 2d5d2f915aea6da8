"""Drift statistics: against scipy, and their false-alarm rate and power by simulation."""

import numpy as np
import pytest

from otel_cert.statistics import drift

scipy_stats = pytest.importorskip("scipy.stats")


def counts(values, bins):
    return np.bincount(values, minlength=bins)


def test_the_tail_of_chi_square_is_scipys():
    for x, freedom in ((0, 1), (0.1, 1), (3.84, 1), (5, 4), (40, 4), (12, 30), (200, 100)):
        assert drift.chi_square_tail(x, freedom) == pytest.approx(scipy_stats.chi2.sf(x, freedom), rel=1e-9)


def test_the_distance_is_that_of_kolmogorov_and_smirnov_and_its_chance_close():
    random = np.random.default_rng(1)
    first, second = random.integers(0, 200, 800), random.integers(10, 205, 600)
    found = drift.numbers(counts(first, 205), counts(second, 205))
    expected = scipy_stats.ks_2samp(first, second, method="asymp")
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, rel=0.3)


def test_the_stability_index_is_worked_out_by_hand():
    found = drift.categories([60, 40], [40, 60])
    p, q = 60.5 / 101, 40.5 / 101  # half a count more in each category
    assert found.statistic == pytest.approx(2 * (p - q) * np.log(p / q))
    assert found.p == pytest.approx(scipy_stats.chi2.sf(found.statistic * 101 * 101 / 202, 1))


def test_two_shares_are_compared_as_by_chi_square_without_correction():
    found = drift.shares((30, 200), (50, 210))
    expected = scipy_stats.chi2_contingency([[30, 170], [50, 160]], correction=False)
    assert found.statistic == pytest.approx(50 / 210 - 30 / 200)
    assert found.p == pytest.approx(expected.pvalue)
    assert drift.shares((0, 50), (0, 50)).p == 1.0


def test_holm_corrects_step_by_step():
    assert drift.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert drift.holm([]) == []
    assert drift.holm([0.6, 0.9]) == [1.0, 1.0]


def test_an_empty_side_or_a_single_category_says_nothing():
    assert drift.numbers([0, 0], [1, 2]) is None
    assert drift.categories([5], [6]) is None
    assert drift.shares((0, 0), (1, 2)) is None
    with pytest.raises(ValueError, match="same bins"):
        drift.numbers([1], [1, 2])


@pytest.mark.parametrize("worth", [(1, 1), (0.25, 0.25)])
def test_what_is_called_detectable_is_detected_and_the_false_alarms_are_few(worth):
    """AP-18: 300 pairs without a change alarm in at most 5 %; 300 with the detectable change are found in at least 80 %."""
    random = np.random.default_rng(7)
    n, most = 1500, 40
    edges = np.full(most, 1 / most)
    reach = drift.numbers(np.full(most, n / most), np.full(most, n / most), worth=worth).detectable
    # The last part of the mass moves to the first bin: the distribution functions differ by `reach` everywhere between.
    moved = edges * (1 - 0) - np.r_[np.zeros(most - 1), 0]
    share = min(reach, 1.0)
    shifted = np.r_[share, np.zeros(most - 1)] + (1 - share) * moved
    effective = int(n * worth[0])  # as many independent values as the counts are worth, each repeated

    def drawn(shape):
        return random.multinomial(effective, shape) * (n / effective)

    false = [drift.numbers(drawn(edges), drawn(edges), worth=worth).p <= 0.05 for _ in range(300)]
    true = [drift.numbers(drawn(edges), drawn(shifted), worth=worth).p <= 0.05 for _ in range(300)]
    assert np.mean(false) <= 0.08
    assert np.mean(true) >= 0.75
    # Counter-example: who takes repeated values for independent ones alarms far too often.
    if worth != (1, 1):
        assert np.mean([drift.numbers(drawn(edges), drawn(edges)).p <= 0.05 for _ in range(100)]) > 0.3


def test_detectable_changes_of_categories_and_shares_are_found():
    random = np.random.default_rng(3)
    n = 2000
    reach = drift.categories([1000, 600, 400], [1000, 600, 400]).detectable
    p = np.array([0.5, 0.3, 0.2])
    q = p + np.array([-1, 0.5, 0.5]) * np.sqrt(reach / (1 / 0.5 + 0.25 / 0.3 + 0.25 / 0.2))
    assert np.sum((q - p) * np.log(q / p)) == pytest.approx(reach, rel=0.1)
    found = [drift.categories(random.multinomial(n, p), random.multinomial(n, q)).p <= 0.05 for _ in range(300)]
    assert 0.7 <= np.mean(found) <= 0.9
    step = drift.shares((200, n), (200, n)).detectable
    hits = [
        drift.shares((random.binomial(n, 0.1), n), (random.binomial(n, 0.1 + step), n)).p <= 0.05 for _ in range(300)
    ]
    assert 0.7 <= np.mean(hits) <= 0.9
