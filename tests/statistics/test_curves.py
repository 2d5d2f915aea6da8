"""Areas below curves against their definitions, pair by pair, and worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from otel_cert.statistics.curves import Point, Ranking

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=40)


def one(values):
    assert values.shape == (1,)
    return float(values[0])


def test_by_hand():
    # Pairs of a positive and a negative: .9>.5, .9>.1, .5=.5, .5>.1: 3.5 of 4.
    ranking = Ranking([True, True, False, False], [0.9, 0.5, 0.5, 0.1])
    assert one(ranking.roc_auc()) == 3.5 / 4
    # At .9: recall 1/2, precision 1. At .5: recall 1, precision 2/3. Sum of gained recall times precision.
    assert one(ranking.average_precision()) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert ranking.points() == [
        Point(0.9, 0.5, 0.0, 1.0),
        Point(0.5, 1.0, 0.5, pytest.approx(2 / 3)),
        Point(0.1, 1.0, 1.0, 0.5),
    ]


def test_equal_scores_rank_nothing():
    ranking = Ranking([True, False, False, False], [0.3] * 4)
    assert one(ranking.roc_auc()) == 0.5
    assert one(ranking.average_precision()) == 0.25


def test_one_class_or_no_row_has_no_area():
    assert np.isnan(one(Ranking([True, True], [1, 2]).roc_auc()))
    assert one(Ranking([True, True], [1, 2]).average_precision()) == 1
    assert np.isnan(one(Ranking([False], [1]).average_precision()))
    assert np.isnan(one(Ranking([], []).roc_auc()))
    assert Ranking([True], [1]).points() == Ranking([], []).points() == []


@pytest.mark.parametrize("score", [[1.0], [1.0, float("nan")], [[1.0, 2.0]]])
def test_other_shapes_and_no_numbers_are_refused(score):
    with pytest.raises(ValueError, match="equal length"):
        Ranking([True, False], score)


@given(ROWS)
def test_the_roc_area_is_the_mann_whitney_statistic(rows):
    positive, score = np.array([p for p, _ in rows]), np.array([s for _, s in rows], float)
    area = one(Ranking(positive, score).roc_auc())
    if positive.all() or not positive.any():
        assert np.isnan(area)
    else:
        pairs = positive.sum() * (~positive).sum()
        assert area == pytest.approx(mannwhitneyu(score[positive], score[~positive]).statistic / pairs)


@given(ROWS)
def test_average_precision_is_its_definition(rows):
    found, last = 0.0, 0.0
    positives = sum(p for p, _ in rows)
    for threshold in sorted({s for _, s in rows}, reverse=True):
        flagged = [p for p, s in rows if s >= threshold]
        recall = sum(flagged) / positives if positives else float("nan")
        found, last = found + (recall - last) * sum(flagged) / len(flagged), recall
    area = one(Ranking([p for p, _ in rows], [s for _, s in rows]).average_precision())
    assert area == pytest.approx(found, nan_ok=True)


@given(ROWS, st.data())
def test_a_weight_of_two_is_a_row_twice(rows, data):
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    repeated = [row for row, n in zip(rows, times, strict=True) for _ in range(n)]
    weighted = Ranking(*zip(*rows, strict=True))
    plain = Ranking([p for p, _ in repeated], [s for _, s in repeated])
    weights = np.array([times], float)
    assert one(weighted.roc_auc(weights)) == pytest.approx(one(plain.roc_auc()), nan_ok=True)
    assert one(weighted.average_precision(weights)) == pytest.approx(one(plain.average_precision()), nan_ok=True)
