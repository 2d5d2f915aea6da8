"""The projection of a month, against figures computed by hand; days are those of January 2026."""

import math
import statistics
from datetime import UTC, datetime
from decimal import Decimal

import numpy
import pytest

from otel_cert.costs import Scope, spend
from otel_cert.costs.answer import Extent
from otel_cert.costs.projection import _T, Month, project
from tests.calls import DAY_NS, START_NS, call, connect, cost

HOUR = 3600
DAILY = ["1", "2", "3", "6", "3", "2", "4"]
"""Cost of the first seven days: 21, mean 3."""


def traffic(daily=DAILY, **fields):
    """Return a store in which each day's cost is that of 24 calls, one an hour; the last day ends at 23:00."""
    at = [(day, hour) for day in range(len(daily)) for hour in range(24)]
    calls = [call(n, at_s=86400 * day + HOUR * hour, provider="p", **fields) for n, (day, hour) in enumerate(at)]
    return connect(calls, [cost(n, daily[day] if hour == 12 else "0") for n, (day, hour) in enumerate(at)])


def january(day, hour=0):
    return START_NS + (day - 1) * DAY_NS + hour * HOUR * 10**9


def projected(con, scope, now_ns=None):
    [projection] = spend(con, scope, now_ns=now_ns or january(8)).projections
    return projection


@pytest.mark.parametrize("since", [january(1), january(5), january(7), january(7, 13), None])
def test_it_is_the_same_whatever_window_is_shown(since):
    projection = projected(traffic(), Scope(since_ns=since, until_ns=january(8)))
    assert (projection.month, projection.spent, projection.complete_days) == ("2026-01", 21, 7)
    assert projection.days_left == 24
    assert projection.expected == pytest.approx(21 + 24 * 3)


@pytest.mark.parametrize(
    ("until", "spent", "complete", "left", "expected"),
    [
        (january(2), 1, 1, 30, 1 + 30 * 1),
        (january(4), 6, 3, 28, 6 + 28 * 2),
        (january(8), 21, 7, 24, 21 + 24 * 3),
        (january(4, 18), 12, 3, 27.25, 12 + 27.25 * 2),
        (january(4, 6), 6, 3, 27.75, 6 + 27.75 * 2),
    ],
)
def test_it_depends_on_what_is_known_when_the_window_ends(until, spent, complete, left, expected):
    projection = projected(traffic(), Scope(until_ns=until))
    assert (projection.spent, projection.complete_days, projection.days_left) == (spent, complete, left)
    assert projection.expected == pytest.approx(expected)


def test_the_interval_is_students_for_the_sum_of_the_days_left():
    stats = pytest.importorskip("scipy.stats")
    projection = projected(traffic(), Scope(until_ns=january(8)))
    sample = [float(day) for day in DAILY]
    half = stats.t.ppf(0.975, 6) * statistics.stdev(sample) * math.sqrt(24 + 24**2 / 7)
    assert (projection.low, projection.high) == pytest.approx((93 - half, 93 + half), rel=1e-4)


def test_the_quantiles_are_students():
    stats = pytest.importorskip("scipy.stats")
    assert list(_T) == pytest.approx([stats.t.ppf(0.975, n) for n in range(1, 31)], abs=6e-5)


def test_nineteen_of_twenty_months_of_alike_days_lie_in_the_interval():
    random, month, inside = numpy.random.default_rng(7), Month.of(START_NS), 0
    for _ in range(2000):
        days = [round(x, 6) for x in random.normal(100, 15, 31)]
        costs = {january(day + 1): Decimal(str(days[day])) for day in range(10)}
        found = project(month, january(11), "USD", costs, Extent(january(1), january(11) - 1))
        inside += found.low <= sum(days) <= found.high
    assert 0.93 < inside / 2000 < 0.97


def test_one_complete_day_has_no_interval_and_none_no_projection():
    one = projected(traffic(), Scope(until_ns=january(2)))
    assert (one.expected, one.low, one.high) == (31, None, None)
    none = projected(traffic(), Scope(until_ns=january(1, 20)))
    assert (none.spent, none.complete_days, none.daily_mean, none.expected, none.low) == (1, 0, None, None, None)


def test_it_is_never_below_what_is_spent():
    projection = projected(traffic(["0", "100"]), Scope(until_ns=january(3)))
    assert projection.low == projection.spent == 100


def test_a_month_that_is_over_is_what_was_spent():
    con = traffic(["1"] * 32)
    projection = projected(con, Scope(until_ns=january(32)), now_ns=january(40))
    assert (projection.month, projection.days_left) == ("2026-01", 0)
    assert (projection.low, projection.expected, projection.high) == (31, 31, 31)
    [february] = spend(con, Scope(), now_ns=january(33)).projections
    assert (february.month, february.spent, february.complete_days) == ("2026-02", 1, 1)


def test_a_day_without_calls_costs_nothing_and_one_without_prices_is_unknown():
    calls = [
        call(n, at_s=86400 * n + HOUR * h) | {"span_id": f"{n * 2 + (h > 0):016x}"} for n in (0, 2, 3) for h in (0, 23)
    ]
    costs = [cost(0, "3"), cost(1, "0"), cost(4, None, reason="no_price"), cost(5, None, reason="no_price")]
    costs += [cost(6, "9"), cost(7, "0")]
    costs = [{**row, "trace_id": next(c["trace_id"] for c in calls if c["span_id"] == row["span_id"])} for row in costs]
    projection = projected(connect(calls, costs), Scope(until_ns=january(5)))
    assert (projection.complete_days, projection.daily_mean) == (3, 4.0), "3, 0 and 9; not the day without a price"


def test_days_that_the_store_does_not_cover_are_not_complete():
    calls = [call(n, at_s=86400 * n + 12 * HOUR) for n in range(4)]
    con = connect(calls, [cost(n, "2") for n in range(4)])
    projection = projected(con, Scope(until_ns=january(20)), now_ns=january(25))
    assert projection.as_of == "2026-01-04T12:00:00Z", "the store's calls end there"
    assert (projection.complete_days, projection.daily_mean) == (2, 2.0)
    assert projection.days_left == pytest.approx(27.5)


def test_currencies_are_projected_apart():
    calls = [call(n, at_s=HOUR * n) for n in range(24)]
    con = connect(calls, [cost(n, "1", currency="EUR" if n % 2 else "USD") for n in range(24)])
    found = spend(con, Scope(until_ns=january(2)), now_ns=january(2)).projections
    assert [(p.currency, p.spent) for p in found] == [("EUR", 12), ("USD", 12)]


@pytest.mark.parametrize(
    ("moment", "month", "days"),
    [("2026-02-28T23:59:59", "2026-02", 28), ("2024-02-01", "2024-02", 29), ("2026-12-31", "2026-12", 31)],
)
def test_a_month_is_the_calendars(moment, month, days):
    found = Month.of(int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 10**9)
    assert (str(found), (found.end_ns - found.start_ns) // DAY_NS) == (month, days)
