import json
from typing import Any

import pytest

from otel_cert.questions import CONTRIBUTIONS, ask
from tests.calls import DAY_NS, START_NS, call, connect, cost

DAY_S = 86_400


def day(number: int, actual: float = 0, usual: float = 0, key: str | None = "total", **fields: Any) -> dict[str, Any]:
    start = START_NS + number * DAY_NS
    return {"id": 0, "key": key, "currency": "USD", "start": start, "actual": actual, "usual": usual} | fields


def parts(con: Any, *asked: dict[str, Any], **params: Any) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    answer = ask(con, CONTRIBUTIONS, asked=json.dumps(asked), **params)
    columns = ("actual", "usual", "share", "usual_share")
    return {(row["dimension"], row["value"]): tuple(row[c] for c in columns) for row in answer.dicts()}


def test_the_parts_of_a_difference_add_up():
    calls = [call(i, at_s=i // 2 * DAY_S, service_name="ab"[i % 2], request_model="m") for i in range(6)]
    con = connect(calls, [cost(i, amount) for i, amount in enumerate(["1", "3", "3", "3", "8", "6"])])
    found = parts(con, day(0, usual=0.5), day(1, usual=0.5), day(2, actual=1))
    # Usual: a 2, b 3; on the day: a 8, b 6; of the difference of 9, a has 6 and b 3.
    assert found == {
        ("service", "a"): (8, 2, pytest.approx(6 / 9), pytest.approx(2 / 5)),
        ("service", "b"): (6, 3, pytest.approx(3 / 9), pytest.approx(3 / 5)),
    }, "the only model explains nothing"


def test_only_the_group_and_its_currency_are_compared():
    calls = [call(i, at_s=i // 3 * DAY_S, user_id=f"u{i % 3 // 2}", request_model="ab"[i % 2]) for i in range(6)]
    costs = [cost(i, "1", currency="EUR" if i == 5 else "USD") for i in range(6)]
    found = parts(connect(calls, costs), day(0, usual=1, key="u0"), day(1, actual=1, key="u0"), by="user")
    assert {dimension for dimension, _ in found} == {"model"}
    assert {value: row[:2] for (_, value), row in found.items()} == {"a": (1, 1), "b": (1, 1)}


def test_without_a_difference_there_are_no_shares():
    con = connect(
        [call(i, at_s=i // 2 * DAY_S, service_name="ab"[i % 2]) for i in range(4)], [cost(i, "1") for i in range(4)]
    )
    assert {row[2] for row in parts(con, day(0, usual=1), day(1, actual=1)).values()} == {None}


def test_three_values_of_a_dimension_are_named():
    calls = [call(i, at_s=DAY_S, user_id=f"u{i}") for i in range(5)]
    con = connect(calls, [cost(i, f"{i}") for i in range(5)])
    assert [value for _, value in parts(con, day(1, actual=1))] == ["u4", "u3", "u2"]
