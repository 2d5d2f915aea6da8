"""The fitted model against scipy's minimum of the same loss, and against tables with a closed solution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from otel_cert.statistics.logistic import fit


def oracle(x, y, l2):
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    z = np.column_stack([np.ones(len(y)), z])

    def loss(beta):
        return np.sum(np.logaddexp(0, z @ beta) - y * (z @ beta)) + l2 * np.sum(beta[1:] ** 2) / 2

    return minimize(loss, np.zeros(z.shape[1]), tol=1e-12).x


def test_scipy_finds_the_same_minimum():
    drawn = np.random.default_rng(1)
    x = drawn.normal([0, 5, -1], [1, 10, 0.1], (200, 3))
    y = drawn.random(200) < 1 / (1 + np.exp(-(0.5 + x[:, 0] - 0.1 * x[:, 1])))
    for l2 in (0.01, 1, 50):
        model = fit(x, y, l2=l2)
        assert [model.intercept, *model.coefficients] == pytest.approx(oracle(x, y, l2), abs=1e-4)


def test_a_table_of_two_groups_has_its_shares():
    # 30 of 40 in one group, 10 of 40 in the other; with hardly any penalty the chances are the shares.
    x = np.repeat([[1.0], [0.0]], 40, axis=0)
    y = [True] * 30 + [False] * 10 + [True] * 10 + [False] * 30
    assert fit(x, y, l2=1e-9).predict([[1.0], [0.0]]) == pytest.approx([0.75, 0.25])


def test_separable_classes_have_a_model():
    model = fit([[0.0], [1.0], [2.0], [3.0]], [False, False, True, True])
    assert model.predict([[0.0], [3.0]]).tolist() == pytest.approx([1 - model.predict([[3.0]])[0], 0.81], abs=0.15)
    assert np.isfinite(fit([[0.0], [1e9]], [False, True], l2=1e-6).coefficients).all()


def test_a_column_that_never_varies_counts_for_nothing():
    model = fit([[1.0, 7.3], [2.0, 7.3], [3.0, 7.3]], [False, True, True])
    assert model.coefficients[1] == 0
    assert model.predict([[2.0, 7.3]]) == model.predict([[2.0, -100.0]])


@pytest.mark.parametrize(
    ("x", "y", "l2"),
    [([[1.0]], [True], 1), ([[1.0], [float("nan")]], [True, False], 1), ([[1.0], [2.0]], [True, False], 0)],
)
def test_what_cannot_be_fitted_is_refused(x, y, l2):
    with pytest.raises(ValueError, match=r"labels|features"):
        fit(x, y, l2=l2)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1), st.booleans()), min_size=2, max_size=30))
def test_any_rows_give_finite_chances_of_the_right_mean(rows):
    x, y = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
    if y.all() or not y.any():
        return
    chances = fit(x, y).predict(x)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert chances.mean() == pytest.approx(y.mean(), abs=1e-6), "the slope of the intercept is 0 at the minimum"
