"""Anomalies of small stores, against what was put into them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from otel_cert.costs import Anomalies, Scope, anomalies
from otel_cert.errors import UsageError
from tests.calls import DAY_NS, START_NS, call, connect, cost

DAY_S = 86_400
NOW = START_NS + 400 * DAY_NS


class Traffic:
    """Collects calls; each `day` has them from 06:00 on, a minute apart."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.costs: list[dict[str, Any]] = []

    def day(self, number: int, *amounts: str | None, **fields: Any) -> "Traffic":
        for amount in amounts:
            n = len(self.calls) + 1
            self.calls.append(call(n, at_s=number * DAY_S + 21_600 + 60 * n % 3600, **fields))
            self.costs.append(cost(n, amount, reason=None if amount else "no_price"))
        return self

    def days(self, numbers: Iterable[int], *amounts: str | None, **fields: Any) -> "Traffic":
        for number in numbers:
            self.day(number, *amounts, **fields)
        return self

    def asked(self, **params: Any) -> Anomalies:
        return anomalies(connect(self.calls, self.costs), **{"now_ns": NOW, **params})


def reasons(found: Anomalies, key: str | None = "total") -> Mapping[str, int]:
    counted = Counter[str]()
    for one in found.not_judged:
        counted[one.reason] += one.intervals if one.key == key else 0
    return counted


def test_a_spike_of_constant_days_against_a_hand_calculation():
    found = Traffic().days(range(20), "0.5", "0.5").day(20, "3.24").day(21, "0.5").asked()
    [one] = found.anomalies
    assert (one.start, one.direction, one.method, one.baseline) == ("2026-01-21T00:00:00Z", "spike", "median", 19)
    # No noise at all: a tenth of 1 USD is the least. Its root is sqrt(1.1) - 1 = 0.0488 above; 3.5 of these are the range.
    assert one.expected == pytest.approx(1)
    assert one.high == pytest.approx((1 + 3.5 * (1.1**0.5 - 1)) ** 2)
    assert one.low == pytest.approx((1 - 3.5 * (1.1**0.5 - 1)) ** 2)
    assert one.score == pytest.approx((1.8 - 1) / (1.1**0.5 - 1))
    assert (one.actual, one.factor, one.severity, one.run) == (Decimal("3.24"), pytest.approx(3.24), "critical", 1)
    # The first and the last day are cut off by the ends of what is stored, seven more are too few to judge the next.
    assert [(one.reason, one.first[:10], one.last[:10], one.intervals) for one in found.not_judged] == [
        ("incomplete", "2026-01-01", "2026-01-01", 1),
        ("too_little_history", "2026-01-02", "2026-01-08", 7),
        ("incomplete", "2026-01-22", "2026-01-22", 1),
    ]
    assert found.judged == 13
    assert found.n == found.calls == 42


def test_nothing_is_said_of_a_cent():
    assert not Traffic().days(range(20), "0.01").day(20, "0.02").day(21, "0.01").asked().anomalies


def test_a_day_without_calls_between_stored_ones_is_a_drop():
    traffic = Traffic().days([*range(20), *range(22, 25)], "1", service_name="a")
    [first, second] = sorted(traffic.asked().anomalies, key=lambda one: one.start)
    assert (first.direction, first.actual, first.calls, first.run) == ("drop", 0, 0, 1)
    assert (second.start, second.run) == ("2026-01-22T00:00:00Z", 2)
    assert not traffic.asked(direction="spike").anomalies


def test_after_the_last_stored_call_nothing_is_zero():
    found = Traffic().days(range(20), "1").asked()
    assert not found.anomalies
    assert found.last_call == "2026-01-20T06:20:00Z"


def test_a_day_that_is_not_over_is_no_drop_and_a_spike_once_it_exceeds_a_whole_day():
    usual = Traffic().days(range(20), "0.5", "0.5")
    until = {"scope": Scope(until_ns=START_NS + 20 * DAY_NS + DAY_NS // 2)}
    assert not usual.day(20, "0.1").asked(**until).anomalies
    [one] = usual.day(20, "2").asked(**until).anomalies
    assert (one.complete, one.direction) == (False, "spike")
    assert not usual.asked(**until, metric="cost_per_call").anomalies, "a mean may still change"


def test_an_answer_about_a_day_does_not_depend_on_the_window():
    traffic = Traffic().days(range(60), "1").day(50, "9").days([60], "1")
    [all_] = traffic.asked().anomalies
    [part] = traffic.asked(scope=Scope(since_ns=START_NS + 50 * DAY_NS + DAY_NS // 2)).anomalies
    assert part == all_


def test_the_future_is_no_part_of_a_baseline():
    before = Traffic().days(range(20), "1").day(20, "9").day(21, "1")
    [one] = before.asked().anomalies
    [same] = before.days(range(22, 40), "50").asked(scope=Scope(until_ns=START_NS + 21 * DAY_NS)).anomalies
    assert same == one


def test_each_group_is_compared_with_itself():
    traffic = Traffic().days(range(20), "1", user_id="a").days(range(20), "0.03", user_id="b")
    found = traffic.day(20, "1", user_id="a").day(20, "0.27", user_id="b").day(21, "1", user_id="a").asked(by="user")
    assert [(one.key, one.direction) for one in found.anomalies] == [("b", "spike")]
    assert not traffic.asked(by="total").anomalies


def test_a_new_group_is_not_judged_for_a_week():
    traffic = Traffic().days(range(30), "1", user_id="a").days(range(20, 26), "1", "9", user_id="new")
    found = traffic.days([29], "1", user_id="new").asked(by="user", scope=Scope(since_ns=START_NS + 20 * DAY_NS))
    assert reasons(found, "new") == {"too_little_history": 7, "incomplete": 1}
    assert {one.key for one in found.anomalies} == {"new"}, "then its days without calls are drops"


def test_a_day_whose_calls_have_no_price_is_not_known_and_not_zero():
    found = Traffic().days(range(10), "1").day(10, None, None).days(range(11, 20), "1").asked()
    assert not found.anomalies
    assert reasons(found)["unknown"] == 1
    assert (found.unpriced_calls, found.unpriced_reasons) == (2, {"no_price": 2})


def test_unpriced_calls_of_an_unusual_day_are_counted():
    [one] = Traffic().days(range(10), "1").day(10, "9", None).day(11, "1").asked().anomalies
    assert (one.calls, one.unpriced_calls) == (2, 1)


def test_currencies_are_judged_apart():
    traffic = Traffic().days(range(22), "1")
    n = len(traffic.calls)
    for day in range(22):
        n += 1
        traffic.calls.append(call(n, at_s=day * DAY_S + 30_000))
        traffic.costs.append(cost(n, "9" if day == 20 else "1", currency="EUR"))
    assert [one.currency for one in traffic.asked().anomalies] == ["EUR"]


def test_the_cause_is_what_stands_out():
    traffic = Traffic().days(range(22), "1", service_name="web", request_model="m", user_id="u")
    traffic.days(range(22), "2", service_name="bot", request_model="m").day(
        20, "4", "4", service_name="web", request_model="n"
    )
    [one] = traffic.asked().anomalies
    cause = one.contributor
    assert cause is not None
    # Usually web 1 of 3 USD; on the day 9 of 11: all of the difference of 8.
    assert (cause.dimension, cause.value, cause.usual_share) == ("model", "n", 0)
    shares = {(c.dimension, c.value): c.share for c in one.contributions}
    assert [shares["service", "web"], shares["model", "n"]] == pytest.approx([1, 1])
    assert [shares["service", "bot"], shares["model", "m"]] == pytest.approx([0, 0])


def test_nothing_stands_out_when_everything_grows():
    traffic = Traffic()
    for service in ("web", "bot"):
        traffic.days(range(22), "1", service_name=service).day(20, "4", service_name=service)
    [one] = traffic.asked().anomalies
    assert one.contributor is None
    assert {c.share for c in one.contributions} == {0.5}


def test_the_parts_of_a_higher_cost_per_call_add_up_to_it():
    traffic = Traffic().days(range(22), *["0.1"] * 8, model="m", request_model="cheap")
    traffic.day(20, *["0.9"] * 2, request_model="dear")
    [one] = traffic.asked(metric="cost_per_call").anomalies
    parts = {c.value: (c.actual, c.usual) for c in one.contributions if c.dimension == "model"}
    assert one.actual == pytest.approx(2.6 / 10)
    assert parts == {"dear": (pytest.approx(0.18), 0), "cheap": (pytest.approx(0.08), pytest.approx(0.1))}


@pytest.mark.parametrize("metric", ["calls", "tokens"])
def test_calls_and_tokens(metric: Any):
    tokens = {"input_tokens_total": 9_000, "output_tokens_total": 1_000}
    traffic = Traffic().days(range(22), *["1"] * 20, **tokens).day(20, *[None] * 80, **tokens)
    [one] = traffic.asked(metric=metric).anomalies
    assert (one.actual, one.currency) == ({"calls": 100, "tokens": 1_000_000}[metric], None)


def test_hours():
    traffic = Traffic().days(range(10), *["1"] * 10).day(8, *["1"] * 40)
    [one] = traffic.asked(interval="hour").anomalies
    assert (one.start, one.method) == ("2026-01-09T06:00:00Z", "hour_of_day")
    assert (one.actual, one.expected) == (50, pytest.approx(10))


def test_small_differences_can_be_left_out():
    traffic = Traffic().days(range(20), "1").day(20, "3").day(21, "1")
    assert len(traffic.asked(min_change=2).anomalies) == 1
    assert not traffic.asked(min_change=2.01).anomalies


def test_of_many_groups_the_greatest_are_looked_at():
    traffic = Traffic()
    for user in range(5):
        traffic.days(range(20), f"{user + 1}", user_id=f"u{user}")
    found = traffic.asked(by="user", top=2)
    assert (found.groups, found.groups_left_out) == (5, 3)
    assert {one.key for one in found.not_judged} == {"u3", "u4"}


def test_a_store_without_calls():
    found = Traffic().asked()
    assert (found.n, found.judged, found.anomalies, found.not_judged, found.first_call) == (0, 0, (), (), None)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"by": "colour"}, "total, model, provider, service, user"),
        ({"by": "tag:"}, "tag:team"),
        ({"by": "model:x"}, "cannot group"),
        ({"metric": "joy"}, "cost_per_call"),
        ({"interval": "week"}, "hour, day"),
        ({"window_days": 6}, "at least 7"),
        ({"threshold": 0}, "positive"),
    ],
)
def test_what_makes_no_sense_is_refused(params: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message):
        Traffic().asked(**params)
