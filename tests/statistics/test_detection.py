"""Measures of a threshold, worked by hand from a table of four counts."""

import numpy as np
import pytest

from otel_cert.statistics.agreement import cohen_kappa
from otel_cert.statistics.detection import MEASURES, Detection

# 6 true positives, 2 false positives, 4 false negatives, 8 true negatives.
POSITIVE = [True] * 6 + [False] * 2 + [True] * 4 + [False] * 8
FLAGGED = [True] * 8 + [False] * 12


def test_by_hand():
    found = Detection(POSITIVE, FLAGGED)
    assert found.counts() == (6, 2, 4, 8)
    values = {measure: found.value(measure) for measure in MEASURES}
    assert values == {
        "accuracy": 14 / 20,
        "balanced_accuracy": pytest.approx((0.6 + 0.8) / 2),
        "sensitivity": 0.6,
        "specificity": 0.8,
        "precision": 6 / 8,
        "f1": 12 / 18,
        "kappa": pytest.approx(cohen_kappa(POSITIVE, FLAGGED).value),
    }
    assert found.trials("sensitivity") == (6, 10)
    assert found.trials("specificity") == (8, 10)
    assert found.trials("precision") == (6, 8)
    assert found.trials("accuracy") == (14, 20)
    assert found.trials("f1") is found.trials("balanced_accuracy") is None


def test_what_has_no_trial_has_no_value():
    nothing_positive = Detection([False, False], [False, True])
    assert nothing_positive.value("sensitivity") is None
    assert nothing_positive.value("balanced_accuracy") is None
    assert nothing_positive.value("specificity") == 0.5
    assert nothing_positive.value("f1") == 0
    assert Detection([False], [False]).value("f1") is None
    assert all(Detection([], []).value(measure) is None for measure in MEASURES)


def test_weights_count_rows_several_times():
    found = Detection([True, False], [True, True])
    weights = np.array([[1.0, 1.0], [3.0, 1.0], [0.0, 2.0]])
    assert found.statistic("precision")(weights).tolist() == [0.5, 0.75, 0.0]
    assert found.statistic("f1")(weights).tolist() == [2 / 3, 6 / 7, 0.0]


def test_rows_must_fit():
    with pytest.raises(ValueError, match="equal length"):
        Detection([True], [True, False])
