from decimal import Decimal

import pytest

from otel_cert.questions import COSTS, LATENCY, USAGE, ask
from tests.calls import call, connect, cost, some


def usage(con, **params):
    return list(ask(con, USAGE, **params).dicts())


def test_its_figures_are_those_of_the_other_questions():
    con = connect(*some())
    mine = usage(con, labels="provider,model")
    for row in mine:
        (latency,) = [
            r for r in ask(con, LATENCY).dicts() if (r["provider"], r["model"]) == (row["provider"], row["model"])
        ]
        assert {k: row[k] for k in ("calls", "errors", "error_classes", "p50_s", "p95_s", "p99_s", "ttft_p50_s")} == {
            k: latency[k] for k in ("calls", "errors", "error_classes", "p50_s", "p95_s", "p99_s", "ttft_p50_s")
        }
        (costs,) = [r for r in ask(con, COSTS).dicts() if (r["provider"], r["key"]) == (row["provider"], row["model"])]
        assert row["cost"] == {costs["currency"]: costs["cost"]}
        for name in ("calls", "priced_calls", "unpriced_reasons", "input_tokens", "output_tokens"):
            assert row[name] == costs[name]
    assert len(mine) == 2


def test_unknown_is_null_and_reasons_are_counted():
    calls = [call(1, provider="p", request_model="m"), call(2, provider="p", request_model="m", dedupe_group="g")]
    (row,) = usage(connect(calls, [cost(1, None, reason="no_price")]))
    assert (row["provider"], row["model"], row["service"], row["environment"]) == ("p", "m", None, None)
    assert (row["input_tokens"], row["reasoning_tokens"], row["cost"], row["priced_calls"]) == (None, None, None, 0)
    assert row["unpriced_reasons"] == {"no_price": 1, "not_processed": 1}
    assert (row["calls"], row["duplicated_calls"]) == (2, 1)


def test_several_currencies_stay_apart():
    calls = [call(n, provider="p") for n in (1, 2, 3)]
    (row,) = usage(connect(calls, [cost(1, "1.5"), cost(2, "0.25"), cost(3, "2", currency="EUR")]))
    assert row["cost"] == {"EUR": Decimal(2), "USD": Decimal("1.75")}


def test_the_smallest_label_sets_beyond_the_most_become_one():
    calls = [
        call(n, provider="p", request_model=f"m{n % 4}", service_name="s", input_tokens_total=1) for n in range(10)
    ]
    rows = usage(connect(calls), max_sets=2)
    assert [(r["provider"], r["model"], r["service"], r["operation"], r["calls"]) for r in rows] == [
        ("p", "m0", "s", None, 3), ("p", "m1", "s", None, 3), ("other", "other", "other", None, 4),
    ]  # fmt: skip
    assert [r["sets_in_other"] for r in rows] == [0, 0, 2]
    assert sum(r["input_tokens"] for r in rows) == 10


@pytest.mark.parametrize(("labels", "rows"), [("", 1), ("model", 4), ("provider", 1), ("provider,model,service", 4)])
def test_only_the_labels_asked_for_tell_calls_apart(labels, rows):
    calls = [call(n, provider="p", request_model=f"m{n}", service_name="s") for n in range(4)]
    found = usage(connect(calls), labels=labels)
    assert len(found) == rows
    assert all((r["model"] is None) == ("model" not in labels) for r in found)
