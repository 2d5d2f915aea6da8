from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from otel_cert.costs import Budget, BudgetStatus, budget_status
from tests.calls import DAY_NS, START_NS, call, connect, cost, span

WEB = {"provider": "openai", "request_model": "a", "service_name": "web"}
BOT = {"provider": "anthropic", "request_model": "b", "service_name": "bot"}


def status(*, at_days: float = 10, **budgets: Budget) -> BudgetStatus:
    """Return the status after ten days of January of which each had calls of 4 USD for `web` and 2 USD for `bot`."""
    calls: list[dict[str, Any]] = []
    for day in range(10):
        calls.append(call(2 * day, at_s=86_400 * day + 3600, user_id="ann", **WEB))
        calls.append(call(2 * day + 1, at_s=86_400 * day + 7200, user_id=f"u{day % 2}", **BOT))
    costs = [cost(n, "2" if n % 2 else "4") for n in range(20)]
    con = connect(calls, costs, spans=[span(1, tags={"team": "x"})])
    return budget_status(con, budgets, at_ns=START_NS + round(at_days * DAY_NS))


def day(number: float) -> datetime:
    return datetime.fromtimestamp((START_NS + number * DAY_NS) / 1e9, UTC)


def test_a_calendar_month_is_as_calculated_by_hand():
    [one] = status(all=Budget(amount=120)).budgets
    assert (one.since, one.until) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert (one.spent, one.left, one.share, one.level, one.calls) == (60, 60, 0.5, None, 20)
    assert one.days == 9, "the first call was an hour after midnight: nine days of 24 h are known"
    assert one.burn_per_day == 6
    assert one.crosses == one.crosses_earliest == one.crosses_latest == day(20)


@pytest.mark.parametrize(
    ("amount", "level"), [("101", None), ("100", 60), ("75", 80), ("60.01", 80), ("60", 100), ("1", 100)]
)
def test_the_highest_level_is_reached_exactly(amount: str, level: float | None):
    assert status(all=Budget(amount=amount)).budgets[0].level == level


def test_what_is_crossed_has_no_time_of_crossing():
    [one] = status(all=Budget(amount=50)).budgets
    assert (one.left, one.crosses, one.crosses_earliest) == (-10, None, None)


def test_a_budget_that_lasts_until_its_window_ends_is_not_crossed():
    assert status(all=Budget(amount=187)).budgets[0].crosses is None
    assert status(all=Budget(amount=186)).budgets[0].crosses == day(31)


def test_a_rolling_window_forgets_as_it_goes():
    [one] = status(all=Budget(amount=35, window="5d")).budgets
    assert (one.since, one.until, one.spent, one.crosses) == (day(5), day(10), 30, None)


def test_a_new_window_begins_with_nothing():
    [one] = status(at_days=31, all=Budget(amount=100)).budgets
    assert (one.spent, one.calls, one.share) == (0, 0, 0)


def test_filters_and_parts():
    found = status(
        all=Budget(amount=100),
        web=Budget(amount=50, parent="all", services=["web"]),
        anthropic=Budget(amount=60, parent="all", providers=["anthropic"]),
        tagged=Budget(amount=9, parent="anthropic", tags={"team": ["x"]}),
    )
    rows = {one.budget: (one.depth, one.spent, one.parts_amount, one.parts_spent) for one in found.budgets}
    assert rows == {
        "all": (0, 60, 110, 60),
        "web": (1, 40, None, None),
        "anthropic": (1, 20, 9, 2),
        "tagged": (2, 2, None, None),
    }
    assert found.notes == ["all: its parts have 110 USD, more than its own 100"]


def test_each_user_has_a_budget_of_its_own():
    found = status(each=Budget(amount=10, per="user"))
    assert [(one.key, one.spent, one.level) for one in found.budgets] == [
        ("ann", 40, 100),
        ("u0", 10, 100),
        ("u1", 10, 100),
    ]


def test_calls_of_nobody_are_told():
    found = status(each=Budget(amount=10, per="tag:team"))
    assert [(one.key, one.spent) for one in found.budgets] == [("x", 2)]
    assert found.notes == ["each: 19 calls without a tag:team are in none of its budgets"]


def test_the_unknown_is_never_zero_and_currencies_are_never_added():
    calls = [call(n, **WEB) for n in range(4)]
    con = connect(calls, [cost(0, "1"), cost(1, "7", currency="EUR"), cost(2, None, reason="no_price")])
    budgets = {"usd": Budget(amount=10), "chf": Budget(amount=10, currency="CHF")}
    usd, chf = budget_status(con, budgets, at_ns=START_NS + DAY_NS).budgets
    assert (usd.spent, usd.other_currencies, usd.unpriced_reasons) == (
        1,
        {"EUR": 7},
        {"no_price": 1, "not_processed": 1},
    )
    assert (chf.spent, chf.other_currencies) == (0, {"USD": Decimal(1), "EUR": Decimal(7)})
    nothing_priced = connect([call(1, **WEB)], [cost(1, None, reason="no_price")])
    [one] = budget_status(nothing_priced, {"usd": Budget(amount=10)}, at_ns=START_NS + DAY_NS).budgets
    assert (one.spent, one.left, one.share, one.level, one.burn_per_day) == (None, None, None, None, None)


def test_calls_after_the_moment_do_not_count():
    [one] = status(at_days=5, all=Budget(amount=100)).budgets
    assert (one.spent, one.calls) == (30, 10)


def test_an_empty_store_has_no_rate():
    found = budget_status(connect(), {"all": Budget(amount=1)}, at_ns=START_NS)
    [one] = found.budgets
    assert (found.n, one.calls, one.days, one.burn_per_day, one.crosses) == (0, 0, 0, None, None)
