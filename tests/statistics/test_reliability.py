"""Bins of chances, worked by hand."""

import pytest

from otel_cert.statistics.intervals import wilson
from otel_cert.statistics.reliability import brier, expected_calibration_error, reliability

CHANCES = [0.05, 0.15, 0.15, 0.95, 1.0]
SO = [False, True, False, True, True]


def test_by_hand():
    first, second, last = reliability(CHANCES, SO)
    assert (first.low, first.high, first.n, first.predicted, first.observed) == (0, 0.1, 1, 0.05, 0)
    assert (second.n, second.predicted, second.observed) == (2, pytest.approx(0.15), 0.5)
    assert (second.observed_low, second.observed_high) == wilson(1, 2)
    assert (last.low, last.high, last.n, last.predicted, last.observed) == (0.9, 1, 2, pytest.approx(0.975), 1)
    error = (1 * 0.05 + 2 * 0.35 + 2 * 0.025) / 5
    assert expected_calibration_error(CHANCES, SO) == pytest.approx(error)
    squares = 0.05**2 + 0.85**2 + 0.15**2 + 0.05**2 + 0
    assert brier(CHANCES, SO) == pytest.approx(squares / 5)


def test_nothing_is_nothing():
    assert reliability([], []) == []
    assert expected_calibration_error([], []) is brier([], []) is None


@pytest.mark.parametrize("chance", [[1.1], [float("nan")], [0.1, 0.2]])
def test_what_is_no_chance_is_refused(chance):
    with pytest.raises(ValueError, match="chances"):
        brier(chance, [True])
