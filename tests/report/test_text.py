from decimal import Decimal

import pytest

from otel_cert.report import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (Decimal(0), "0.000000"),
        (Decimal("0.0000001"), "< 0.000001"),
        (Decimal("0.0012345"), "0.001234"),
        (Decimal("12.34567"), "12.3457"),
        (Decimal("12345.678"), "12,345.68"),
        (-1.5, "-1.5000"),
    ],
)
def test_money_keeps_the_digits_that_matter(value: Decimal | float | None, shown: str):
    assert text.money(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(None, "–"), (0.0124, "0.012"), (12.345, "12.35"), (1234.56, "1,234.6")])
def test_seconds(value: float | None, shown: str):
    assert text.seconds(value) == shown


def test_percentages_and_intervals():
    assert text.percent(0.0714) == "7.1 %"
    assert text.percent(None) == "–"
    assert text.interval(0.01, 0.3149) == "1.0 % to 31.5 %"
    assert text.interval(None, None) == "–"


def test_counts_are_listed_most_frequent_first():
    assert text.counts({"b": 1, "a": 1, "c": 1200}) == "c 1,200, a 1, b 1"
    assert text.counts({}) == ""


@pytest.mark.parametrize(
    ("since_ns", "until_ns", "shown"),
    [
        (None, None, "all stored calls"),
        (0, None, "from 1970-01-01 00:00:00 UTC to the last stored call"),
        (None, 10**9, "from the first stored call to before 1970-01-01 00:00:01 UTC"),
    ],
)
def test_a_window_in_words(since_ns: int | None, until_ns: int | None, shown: str):
    assert text.window(since_ns, until_ns) == shown
