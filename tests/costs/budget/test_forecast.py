from math import inf, sqrt

import numpy as np
import pytest
from scipy import stats

from otel_cert.costs.budget.forecast import Crossing, crossing

HOUR = 1 / 24


def test_even_spend_crosses_when_the_rest_is_used_up():
    found = crossing(5, [2.0] * 7, 10)
    assert (found.expected, found.earliest, found.latest) == pytest.approx((2.5, 2.5, 2.5))


def test_the_interval_is_the_prediction_interval_of_a_sum():
    days, left = [8.0, 12.0, 10.0, 14.0, 6.0], 100.0
    found = crossing(left, days, 40)
    mean, deviation, t = np.mean(days), np.std(days, ddof=1), stats.t.ppf(0.975, 4)

    def bound(sign: int, h: float) -> float:
        return mean * h + sign * t * deviation * sqrt(h + h * h / 5)

    assert found.expected == pytest.approx(10)
    assert bound(+1, found.earliest) >= left > bound(+1, found.earliest - HOUR)
    assert bound(-1, found.latest) >= left > bound(-1, found.latest - HOUR)


def test_a_budget_that_lasts_is_not_crossed():
    assert crossing(100, [1.0, 1.0, 1.0], 30) == Crossing()


def test_what_may_or_may_not_be_crossed_has_an_earliest_time_only():
    found = crossing(31, [0.0, 2.0, 0.0, 2.0], 30)
    assert found.earliest is not None
    assert (found.expected, found.latest) == (None, None)


@pytest.mark.parametrize(("left", "days"), [(0, [1.0, 1.0]), (-1, [1.0, 1.0]), (5, []), (5, [1.0])])
def test_nothing_is_forecast_for_what_is_crossed_or_from_too_little(left: float, days: list[float]):
    assert crossing(left, days, 30) == Crossing()


def test_spend_leaves_a_rolling_window_as_it_ages():
    steady = crossing(1, [1.0] * 10, 10, leaving=[1.0] * 10)
    assert steady == Crossing()
    after_a_pause = crossing(1, [1.0] * 10, 10, leaving=[0.0] * 5 + [1.0] * 5)
    assert after_a_pause.expected == pytest.approx(1)
    one_large_day_leaves_first = crossing(1, [1.0] * 10, 10, leaving=[5.0] + [0.0] * 9)
    assert one_large_day_leaves_first.expected == pytest.approx(6)


def test_the_true_time_lies_in_the_interval_as_often_as_stated():
    random = np.random.default_rng(5)
    inside, trials = 0, 400
    for _ in range(trials):
        days = random.normal(10, 3, 14 + 60)
        found = crossing(150, days[:14].tolist(), 60)
        true = np.interp(150, np.cumsum(np.clip(days[14:], 0.001, None)), np.arange(1, 61))
        inside += (found.earliest or inf) - HOUR <= true <= (found.latest or inf) + HOUR
    assert inside / trials >= 0.93
