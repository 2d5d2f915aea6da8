import math

import pytest

from otel_cert.questions import LATENCY, ask
from tests.calls import call, connect

A = {"provider": "openai", "request_model": "a", "operation": "chat"}


def test_percentiles_interpolate_over_successful_calls_with_a_known_duration():
    calls = [call(i, seconds=i, **A) for i in range(1, 11)]  # 1 .. 10 s
    calls += [call(11, seconds=None, **A), call(12, seconds=99, error_type="x", **A)]
    [row] = ask(connect(calls), LATENCY).dicts()
    # Between the nearest ranks: position p * (n - 1) of the sorted values.
    assert (row["calls"], row["n"], row["errors"]) == (12, 10, 1)
    assert [row["p50_s"], row["p95_s"], row["p99_s"]] == pytest.approx([5.5, 9.55, 9.91])


def test_time_to_first_token_has_its_own_n():
    calls = [
        call(1, ttft_s=0.2, **A),
        call(2, ttft_s=0.4, **A),
        call(3, **A),
        call(4, ttft_s=9.0, error_class="server", **A),
    ]
    [row] = ask(connect(calls), LATENCY).dicts()
    assert row["ttft_n"] == 2
    assert [row["ttft_p50_s"], row["ttft_p95_s"]] == pytest.approx([0.3, 0.39])


def test_nothing_known_is_null():
    [row] = ask(connect([call(1, seconds=None, **A)]), LATENCY).dicts()
    assert (row["n"], row["p50_s"], row["p99_s"], row["ttft_n"], row["ttft_p50_s"]) == (0, None, None, 0, None)


@pytest.mark.parametrize(
    ("errors", "calls", "low", "high"),
    # Published values of the score interval, e.g. Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_the_error_rate_has_a_wilson_interval(errors: int, calls: int, low: float, high: float):
    rows = [call(i, error_type="x" if i < errors else None, **A) for i in range(calls)]
    [row] = ask(connect(rows), LATENCY, by="total").dicts()
    assert math.isclose(row["error_rate"], errors / calls)
    assert (round(row["error_rate_low"], 4), round(row["error_rate_high"], 4)) == (low, high)


def test_errors_are_counted_by_class():
    classes = ["rate_limit", "rate_limit", "timeout"]
    calls = [call(i, error_class=c, error_type="E", **A) for i, c in enumerate(classes)] + [
        call(9, error_type="Odd", **A)
    ]
    [row] = ask(connect(calls), LATENCY).dicts()
    assert row["error_classes"] == {"rate_limit": 2, "timeout": 1, "other": 1}


def test_grouping_by_operation_divides_a_model():
    con = connect([call(1, **A), call(2, **A | {"operation": "embeddings"}), call(3, provider="x")])
    rows = [(r["provider"], r["model"], r["operation"], r["calls"]) for r in ask(con, LATENCY, by="operation").dicts()]
    assert rows == [("openai", "a", "chat", 1), ("openai", "a", "embeddings", 1), ("x", None, None, 1)]
    assert [r["calls"] for r in ask(con, LATENCY).dicts()] == [2, 1]
