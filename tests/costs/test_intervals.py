import pytest
from scipy import stats

from otel_cert.statistics.intervals import student, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (2, 5), (40, 50), (999, 1000)])
def test_wilson_is_that_of_scipy(successes: int, n: int):
    expected = stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_tried_has_no_interval():
    assert wilson(0, 0) is None


@pytest.mark.parametrize("n", range(2, 29))
def test_students_t_is_that_of_scipy(n: int):
    assert student(n) == pytest.approx(stats.t.ppf(0.975, n - 1), abs=1e-4)
