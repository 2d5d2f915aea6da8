from datetime import date
from decimal import Decimal

import pytest

from otel_cert.costs import Rates
from otel_cert.costs.currency import convert
from otel_cert.errors import UsageError

YAML = """
- {date: 2026-11-01, from: USD, to: EUR, rate: 0.90}
- {date: 2026-11-05, from: USD, to: EUR, rate: 0.95}
- {date: 2026-11-03, from: EUR, to: GBP, rate: 0.8}
- {date: 2026-11-01, from: CNY, to: JPY, rate: 20}
"""
CSV = "date,from,to,rate\n2026-11-01, USD, EUR, 0.90\n2026-11-05,USD,EUR,0.95\n2026-11-03,EUR,GBP,0.8\n"


@pytest.fixture(params=[("rates.yaml", YAML), ("rates.csv", CSV)], ids=["yaml", "csv"])
def rates(request, tmp_path):
    name, text = request.param
    (tmp_path / name).write_text(text)
    return Rates.load(tmp_path / name, "EUR")


@pytest.mark.parametrize(
    ("day", "rate"),
    [(1, "0.90"), (4, "0.90"), (5, "0.95"), (30, "0.95")],
)
def test_a_day_takes_its_own_rate_or_the_latest_before(rates, day, rate):
    assert rates.on("USD", date(2026, 11, day)).rate == Decimal(rate)


def test_no_rate_is_invented(rates):
    assert rates.on("USD", date(2026, 10, 31)) is None, "before the first"
    assert rates.on("USD", None) is None, "of a call without a time"
    assert rates.on("CNY", date(2026, 11, 9)) is None, "towards another currency"


def test_the_opposite_direction_is_inverted(rates):
    assert rates.on("GBP", date(2026, 11, 3)).rate == Decimal("1.25")
    assert convert(Decimal(8), rates.on("GBP", date(2026, 11, 9))) == Decimal(10)


def test_a_direct_rate_wins_over_an_inverse_one_of_the_same_day(tmp_path):
    (tmp_path / "r.csv").write_text("date,from,to,rate\n2026-11-01,USD,EUR,0.9\n2026-11-01,EUR,USD,2\n")
    assert Rates.load(tmp_path / "r.csv", "EUR").on("USD", date(2026, 11, 1)).rate == Decimal("0.9")


def test_a_given_rate_holds_for_every_day():
    rates = Rates.given("EUR", ["0.92", "GBP=1.15"], date(2026, 11, 29))
    assert [str(rates.on(source, None)) for source in ("USD", "GBP")] == [
        "1 USD = 0.92 EUR (2026-11-29)",
        "1 GBP = 1.15 EUR (2026-11-29)",
    ]
    assert rates.on("CNY", date(2026, 11, 29)) is None


def test_amounts_are_converted_exactly():
    rate = Rates.given("EUR", ["0.1"], date(2026, 1, 1)).on("USD", None)
    assert convert(Decimal("12345678901234567890.000000000000000010"), rate) == Decimal(
        "1234567890123456789.000000000000000001"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date: 2026-11-01", "no list of rates"),
        ("- {from: USD, to: EUR, rate: 1}", "entry 1: date is missing"),
        ("- {date: 2026-11-01, from: USD, to: EUR, rate: 0}", "above 0"),
        ("- {date: 2026-11-01, from: USD, to: EUR, rate: .nan}", "above 0"),
        ("- {date: 2026-11-01, from: USD, to: EUR, rate: x}", "'x' is no number"),
        ("- {date: 2026-11-01, from: dollar, to: EUR, rate: 1}", "'dollar' is no currency"),
        ("- {date: yesterday, from: USD, to: EUR, rate: 1}", "entry 1: Invalid isoformat"),
        ("- [", "no YAML"),
    ],
)
def test_a_wrong_file_says_where(tmp_path, text, message):
    (tmp_path / "rates.yaml").write_text(text)
    with pytest.raises(UsageError, match=message):
        Rates.load(tmp_path / "rates.yaml", "EUR")


@pytest.mark.parametrize(("target", "rate"), [("euro", "1"), ("EUR", "-1"), ("EUR", "one"), ("EUR", "usd=1")])
def test_a_wrong_rate_is_refused(target, rate):
    with pytest.raises(UsageError):
        Rates.given(target, [rate], date(2026, 1, 1))
