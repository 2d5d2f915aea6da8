"""Agreement against published examples and cases worked by hand."""

import pytest

from otel_cert.statistics.agreement import cohen_kappa, krippendorff_alpha


def pairs(table):
    """Return two raters' values from a table of counts: rows are the first rater's."""
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_kappa_of_the_example_of_fleiss_levin_and_paik():
    # "Statistical Methods for Rates and Proportions", 3rd edition, table 18.1: kappa .68, standard error .087.
    found = cohen_kappa(*pairs([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.value == pytest.approx((0.89 - 0.66) / (1 - 0.66))
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(0.087, abs=0.001)
    assert found.n == 100


def test_kappa_by_hand():
    # Both say yes 20, only the first 5, only the second 10, none 15: agreed .7; by chance .5 * .6 + .5 * .4 = .5.
    assert cohen_kappa(*pairs([[20, 5], [10, 15]])).value == pytest.approx(0.4)
    assert cohen_kappa([1, 0], [0, 1]).value == pytest.approx(-1)


def test_full_agreement_has_no_interval():
    found = cohen_kappa(["y", "n", "y"], ["y", "n", "y"])
    assert (found.value, found.low, found.high) == (1, None, None)


def test_without_a_choice_there_is_no_kappa():
    assert cohen_kappa([], []) is None
    assert cohen_kappa(["y", "y"], ["y", "y"]) is None
    with pytest.raises(ValueError, match="same units"):
        cohen_kappa(["y"], [])


KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def units(text):
    lines = [line.split() for line in text.strip().splitlines()]
    return [{rater: v for rater, v in enumerate(unit) if v != "."} for unit in zip(*lines, strict=True)]


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_alpha_of_the_example_of_krippendorff(level, alpha):
    # Krippendorff (2011), section C and D: four observers, twelve units, with gaps.
    found = krippendorff_alpha(units(KRIPPENDORFF), level)
    assert found.value == pytest.approx(alpha, abs=0.0005)
    assert found.n == 11, "the last unit has one value"
    assert found.low < alpha < found.high <= 1


def test_alpha_by_hand():
    # Pairs of values per unit: aa, ab, bb. Observed disagreement 2 of 6; by chance 2 * 3 * 3 of 6 * 5.
    assert krippendorff_alpha(units("a a b\na b b")).value == pytest.approx(1 - (2 / 6) / (18 / 30))


def test_without_two_values_or_a_difference_there_is_no_alpha():
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha([{"x": 1}, {"y": 2}]) is None
    assert krippendorff_alpha([{"x": 1, "y": 1}, {"x": 1, "y": 1}]) is None


def test_alpha_is_the_same_every_time():
    assert krippendorff_alpha(units(KRIPPENDORFF)) == krippendorff_alpha(units(KRIPPENDORFF))
