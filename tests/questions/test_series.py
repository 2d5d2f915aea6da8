from decimal import Decimal
from typing import Any

from otel_cert.costs import Scope
from otel_cert.questions import SERIES, ask
from tests.calls import DAY_NS, START_NS, call, connect, cost

DAY_S, HOUR_S = 86_400, 3_600


def asked(calls: list[dict[str, Any]], costs: list[dict[str, Any]], **params: Any) -> list[dict[str, Any]]:
    return list(ask(connect(calls, costs), SERIES, **params).dicts())


def days(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [((row["start_unix_ns"] - START_NS) // DAY_NS, *(row[column] for column in columns)) for row in rows]


def test_days_without_calls_have_rows_between_stored_calls_only():
    rows = asked([call(1, at_s=10), call(2, at_s=3 * DAY_S)], [cost(1, "2"), cost(2, "3")])
    assert days(rows, "calls", "cost") == [(0, 1, Decimal(2)), (1, 0, None), (2, 0, None), (3, 1, Decimal(3))]


def test_a_day_is_whole_when_calls_are_stored_from_before_and_after_it():
    calls = [call(1, at_s=10), call(2, at_s=2 * DAY_S + 5)]
    assert days(asked(calls, []), "whole") == [(0, False), (1, True), (2, False)]
    assert days(asked([call(1, at_s=0), call(2, at_s=DAY_S)], []), "whole") == [(0, True), (1, False)]
    until = START_NS + 3 * DAY_NS // 2
    assert days(asked(calls, [], until_ns=until), "whole") == [(0, False), (1, False)]


def test_other_calls_show_that_a_filtered_day_was_covered():
    calls = [call(1, at_s=0, service_name="a"), call(2, at_s=2 * DAY_S, service_name="b")]
    rows = asked(calls, [], **Scope(services=["a"]).params())
    assert days(rows, "calls", "whole") == [(0, 1, True), (1, 0, True), (2, 0, False)]


def test_a_group_begins_with_its_first_call_also_when_rows_begin_later():
    calls = [call(1, user_id="a"), call(2, at_s=2 * DAY_S, user_id="b"), call(3, at_s=3 * DAY_S, user_id="a")]
    rows = asked(calls, [], by="user", metric="calls")
    assert [(row["key"], day) for row, (day,) in zip(rows, days(rows), strict=True)] == [
        ("a", 0), ("a", 1), ("a", 2), ("a", 3), ("b", 2), ("b", 3),
    ]  # fmt: skip
    later = asked(calls, [], by="user", metric="calls", from_ns=START_NS + DAY_NS)
    assert days([row for row in later if row["key"] == "a"], "calls") == [(1, 0), (2, 0), (3, 1)]


def test_currencies_are_apart_and_an_unpriced_call_is_with_its_groups_only_one():
    calls = [call(i, at_s=i, user_id="a") for i in range(1, 4)] + [call(4, at_s=4, user_id="b")]
    costs = [cost(1, "1"), cost(2, None, reason="no_price"), cost(3, "1"), cost(4, "1", currency="EUR")]
    columns = ("key", "currency", "calls", "priced_calls", "cost")

    def shown(**params: str) -> set[tuple[Any, ...]]:
        return {tuple(row[column] for column in columns) for row in asked(calls, costs, **params)}

    assert shown(by="user") == {("a", "USD", 3, 2, Decimal(2)), ("b", "EUR", 1, 1, Decimal(1))}
    assert shown(by="total") == {
        ("total", "USD", 2, 2, Decimal(2)), ("total", "EUR", 1, 1, Decimal(1)), ("total", None, 1, 0, None),
    }  # fmt: skip
    assert shown(by="total", metric="calls") == {("total", None, 4, 3, Decimal(3))}


def test_tokens_are_those_of_calls_that_know_input_and_output():
    known = {"input_tokens_total": 100, "output_tokens_total": 10}
    calls = [
        call(1, **known),
        call(2, input_tokens_total=50),
        call(3, input_tokens_total=7, operation="embeddings"),
        call(4, at_s=DAY_S, output_tokens_total=5),
    ]
    rows = asked(calls, [cost(i, "1") for i in range(1, 5)], metric="tokens")
    assert days(rows, "tokens", "counted_calls") == [(0, 117, 2), (1, None, 0)]


def test_the_groups_with_the_greatest_days_are_kept():
    calls = [call(i, at_s=i * DAY_S, user_id=user) for i, user in enumerate("aabbc")]
    costs = [cost(i, amount) for i, amount in enumerate(["3", "3", "1", "9", "5"])]
    rows = asked(calls, costs, by="user", top=2)
    assert list(dict.fromkeys(row["key"] for row in rows)) == ["b", "c"]
    assert {row["groups"] for row in rows} == {3}
    assert {row["key"] for row in asked(calls, costs, by="user", from_ns=START_NS + 4 * DAY_NS)} == {"c"}


def test_hours():
    rows = asked([call(1, at_s=HOUR_S + 5), call(2, at_s=3 * HOUR_S)], [], interval="hour")
    assert [((row["start_unix_ns"] - START_NS) // 10**9 // HOUR_S, row["calls"]) for row in rows] == [
        (1, 1),
        (2, 0),
        (3, 1),
    ]
