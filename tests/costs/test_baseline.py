"""What is expected of a series, against values worked out by hand and against simulated traffic."""

import math

import numpy as np
import pytest

from otel_cert.costs.baseline import NONE, SEASONS, Expectation, expect

NAN = math.nan
QUIET = [100.0, 121, 81, 100, 144, 100, 81]
"""Square roots 10, 11, 9, 10, 12, 10, 9: median 10, deviations 0, 1, 1, 0, 2, 0, 1, MAD 1."""


def days(*values: float, unit: float = 0.01, window: int = 28, threshold: float = 3.5) -> Expectation:
    return expect(np.array(values, float), SEASONS["day"], window=window, unit=unit, threshold=threshold)


def test_the_range_is_median_and_mad_of_the_square_roots():
    found = days(*QUIET, 100)
    # 7 values: the noise of 1.4826 is widened by (1 + 2.65 / (7 - 5.17)) * (1 + 11 / 7^2) = 2.998, to 4.445
    noise = 1.4826 * (1 + 2.65 / 1.83) * (1 + 11 / 49)
    assert found.method[-1] == "median"
    assert found.values[-1] == 7
    assert found.expected[-1] == pytest.approx(100)
    assert found.high[-1] == pytest.approx((10 + 3.5 * noise) ** 2)
    assert found.low[-1] == 0, "10 - 3.5 * 4.445 is below 0"


@pytest.mark.parametrize(("value", "score"), [(100, 0), (900, 20), (0, -10)])
def test_the_score_counts_noises(value: float, score: float):
    noise = 1.4826 * (1 + 2.65 / 1.83) * (1 + 11 / 49)
    assert days(*QUIET, value).score[-1] == pytest.approx(score / noise)


def test_a_day_is_no_part_of_its_own_baseline():
    usual, spike = days(*QUIET, 100), days(*QUIET, 1e6)
    assert (usual.expected[-1], usual.high[-1], usual.low[-1]) == (spike.expected[-1], spike.high[-1], spike.low[-1])


def test_a_spike_does_not_hide_itself_as_it_would_behind_a_mean_and_deviation_that_contain_it():
    values = np.array([*[100.0] * 7, 1000.0])
    assert (values[-1] - values.mean()) / values.std() < 3, "with itself in mean and deviation it is nothing unusual"
    assert days(*values).score[-1] > 7


def test_earlier_spikes_do_not_hide_the_next_one():
    found = days(*([100.0] * 5 + [1000.0]) * 4, 1000.0)
    assert found.expected[-1] == 100
    assert found.high[-1] < 140


def test_what_is_not_known_is_in_no_baseline():
    found = days(NAN, NAN, *QUIET, NAN, 100)
    assert found.values[-1] == 7
    assert found.expected[-1] == pytest.approx(100)


def test_six_days_are_too_few():
    found = days(*QUIET[:6], 100)
    assert set(found.method) == {NONE}
    assert np.isnan([found.expected, found.low, found.high, found.score]).all()


def test_only_the_window_counts():
    assert days(*[5.0] * 20, *[100.0] * 10, 100, window=10).expected[-1] == pytest.approx(100)


@pytest.mark.parametrize(("level", "alarm"), [(1.0, 1.38), (0.0, 0.13), (0.02, 0.19), (1000.0, 1375)])
def test_constant_days_have_a_least_noise(level: float, alarm: float):
    found = days(*[level] * 14, level + 0.01)
    assert found.high[-1] > level + 0.01, "a cent"
    assert found.high[-1] < alarm
    assert found.low[-1] < max(level - 0.01, 1e-9)


def test_weekdays_are_compared_with_their_own_after_four_weeks():
    week = [100.0, 100, 100, 100, 100, 25, 25]
    found = days(*week * 5)
    assert list(found.method[28:]) == ["weekday"] * 7
    assert found.expected[28:] == pytest.approx(week)
    assert (found.high[33:] < 75).all(), "three times a weekend is unusual, though less than any other day"
    assert (found.high[28:33] < 150).all()


def test_before_four_weeks_a_weekend_is_as_usual_as_the_last_one():
    week = np.array([100.0, 100, 100, 100, 100, 25, 25])
    found = days(*np.tile(week, 4))
    judged = found.method != NONE
    assert set(found.method[judged]) == {"median"}
    assert ((np.tile(week, 4) >= found.low) & (np.tile(week, 4) <= found.high))[judged].all()


def test_days_that_are_all_alike_are_compared_with_all_others():
    assert days(*[100.0, 121, 81, 110] * 10).method[-1] == "median"


def test_a_weekly_job_is_compared_with_its_own_weekday_in_long_windows():
    found = days(*([0.0] * 6 + [50.0]) * 9, window=56)
    assert list(found.method[-2:]) == ["weekday", "weekday"]
    assert found.expected[-2:] == pytest.approx([0, 50])


def test_what_happens_now_and_then_is_compared_with_its_greatest_day():
    found = days(0, 0, 4, 0, 0, 0, 9, 0, 0, 1, 0, 0, 20)
    assert found.method[-1] == "sporadic"
    assert (found.expected[-1], found.low[-1]) == (0, 0)
    assert found.high[-1] == pytest.approx(27), "three times 9"
    assert found.score[-1] == pytest.approx(3.5 * math.sqrt(20 / 27))


def test_hours_are_compared_with_their_hour_of_the_day():
    day = [10.0] * 8 + [100.0] * 10 + [10.0] * 6
    found = expect(np.array(day * 9), SEASONS["hour"], window=28 * 24, unit=0.01)
    assert set(found.method[: 7 * 24]) == {NONE}
    assert set(found.method[7 * 24 :]) == {"hour_of_day"}
    assert found.expected[7 * 24 : 8 * 24] == pytest.approx(day)


def test_hours_are_compared_with_their_hour_of_the_week_where_days_differ():
    week = ([10.0] * 8 + [100.0] * 16) * 5 + [10.0] * 48
    found = expect(np.array(week * 5), SEASONS["hour"], window=28 * 24, unit=0.01)
    assert set(found.method[28 * 24 :]) == {"hour_of_week"}
    assert found.expected[28 * 24 :] == pytest.approx(week)


def test_a_mean_of_few_is_allowed_more_than_one_of_many():
    values, sizes = np.array([1.0, 1.3, 0.8, 1.1, 0.9, 1.2, 1.0, 1.0, 1.0]), np.full(9, 100.0)
    sizes[-1] = 4
    found = expect(values, SEASONS["day"], window=28, unit=0.0001, sizes=sizes)
    assert found.high[-1] > 5 * found.high[-2] > 5


def test_long_series_are_judged_as_short_ones():
    values = np.random.default_rng(1).lognormal(4, 0.2, 2100)
    whole, part = expect(values, SEASONS["day"], window=28, unit=0.01), days(*values[1950:2050])
    assert part.high[28:] == pytest.approx(whole.high[1978:2050])


def test_nothing_is_expected_of_nothing():
    assert len(days().expected) == 0
