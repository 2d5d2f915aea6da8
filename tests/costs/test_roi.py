from decimal import Decimal

import pytest

from otel_cert.costs import Roi, Scope, roi
from otel_cert.errors import UsageError
from tests.calls import DAY_NS, START_NS, call, connect, cost, evaluation

A = {"provider": "openai", "request_model": "a", "service_name": "web"}
WORTH = Decimal("2.50")


def ten(**asked: object) -> Roi:
    """Return the answer over ten calls of 0.20 USD, two of which failed, in a window of five days."""
    calls = [call(n, at_s=3600 * n, **A) for n in range(8)]
    calls += [call(n, at_s=3600 * n, error_type="Timeout", error_class="timeout", **A) for n in (8, 9)]
    con = connect(calls, [cost(n, "0.20") for n in range(10)], [evaluation(0, "q", score_value=1.0)])
    return roi(con, Scope(START_NS, START_NS + 5 * DAY_NS), WORTH, **asked)


def test_figures_follow_from_spend_and_successes():
    found = ten(investment=Decimal(90))
    assert (found.calls, found.tasks, found.known_tasks, found.known_successes) == (10, 10, 10, 8)
    assert found.spend == Decimal("2.00")
    assert found.value.value == Decimal("20.00")
    assert found.net.value == Decimal("18.00")
    assert found.roi.value == 9.0
    assert found.cost_per_success.value == Decimal("0.25")
    assert found.payback_days.value == pytest.approx(90 / (18 / 5))
    assert not found.sampled
    assert (found.net.low, found.success_rate.high) == (None, None)
    assert not found.spend_is_lower_bound


def test_successes_known_for_some_tasks_are_scaled_to_all_with_their_interval():
    calls = [call(n, **A) for n in range(100)]
    scores = [evaluation(n, "resolved", score_value=float(n < 40)) for n in range(50)]
    con = connect(calls, [cost(n, "0.10") for n in range(100)], scores)
    found = roi(con, Scope(), Decimal(1), success="score['resolved'] >= 0.5", investment=Decimal(10))
    assert (found.tasks, found.known_tasks, found.known_successes) == (100, 50, 40)
    assert found.sampled
    assert found.successes.value == 80
    assert (found.success_rate.low, found.success_rate.high) == pytest.approx((0.66963, 0.88757), abs=1e-5)
    assert (found.successes.low, found.successes.high) == pytest.approx((66.963, 88.757), abs=1e-3)
    assert found.net.value == Decimal("70.00")
    assert float(found.net.low) == pytest.approx(56.963, abs=1e-3)
    assert found.cost_per_success.low < found.cost_per_success.value < found.cost_per_success.high
    assert float(found.cost_per_success.high) == pytest.approx(10 / 66.963, abs=1e-4)


def test_an_interval_never_contradicts_what_is_known():
    con = connect([call(n, **A) for n in range(3)], [], [evaluation(n, "ok", score_value=n) for n in (0, 1)])
    found = roi(con, Scope(), WORTH, success="score['ok'] > 0")
    assert found.successes.low == 1
    assert found.successes.high == 2


def test_a_sample_of_tasks_to_come_has_intervals_though_all_are_known():
    found = ten(sampled=True)
    assert found.successes.value == 8
    assert found.success_rate.low == pytest.approx(0.49016, abs=1e-5)


def test_the_last_known_call_of_a_task_decides():
    said = {1: "fail", 2: "pass", 4: "pass", 5: "fail"}
    calls = [call(n, at_s=n, conversation_id="abcd"[n // 3], **A) for n in range(9)] + [call(9, at_s=9, **A)]
    con = connect(calls, [], [evaluation(n, "verdict", score_label=label) for n, label in said.items()])
    found = roi(con, Scope(), WORTH, task="conversation", success="label['verdict'] = 'pass'")
    assert (found.tasks, found.known_tasks, found.known_successes) == (3, 2, 1)
    assert found.calls_without_task == 1


def test_a_retry_that_succeeds_makes_its_trace_a_success():
    failed = call(1, at_s=0, error_type="RateLimitError", **A)
    con = connect([failed, call(2, at_s=1, **A) | {"trace_id": failed["trace_id"]}])
    found = roi(con, Scope(), WORTH, task="trace")
    assert (found.tasks, found.known_successes) == (1, 1)


def test_unpriced_calls_make_the_spend_a_lower_bound_and_are_never_zero():
    con = connect([call(1, **A), call(2, **A)], [cost(1, "1"), cost(2, None, reason="no_price")])
    found = roi(con, Scope(), WORTH)
    assert (found.spend, found.unpriced_reasons, found.spend_is_lower_bound) == (1, {"no_price": 1}, True)
    found = roi(connect([call(1, **A)], [cost(1, None, reason="no_price")]), Scope(), WORTH)
    assert (found.spend, found.net.value, found.roi.value, found.cost_per_success.value) == (None, None, None, None)
    assert found.value.value == WORTH


def test_other_currencies_are_told_apart_and_never_added():
    con = connect([call(1, **A), call(2, **A)], [cost(1, "1"), cost(2, "5", currency="EUR")])
    found = roi(con, Scope(), WORTH)
    assert (found.spend, found.other_currencies) == (1, {"EUR": 5})
    assert found.spend_is_lower_bound
    assert roi(con, Scope(), WORTH, currency="EUR").spend == 5


def test_a_loss_is_never_paid_back():
    con = connect([call(1, **A), call(2, at_s=3600, error_type="x", **A)], [cost(1, "9"), cost(2, "1")])
    found = roi(con, Scope(), WORTH, investment=Decimal(1))
    assert found.net.value == Decimal("-7.50")
    assert found.roi.value == -0.75
    assert found.payback_days.value is None


def test_filters_hold_for_spend_and_tasks():
    con = connect([call(1, **A), call(2, user_id="u")], [cost(1, "1"), cost(2, "2")])
    found = roi(con, Scope(users=["u"]), WORTH)
    assert (found.n, found.calls, found.tasks, found.spend) == (2, 1, 1, 2)


def test_no_calls_have_no_figures():
    found = roi(connect(), Scope(), WORTH, investment=Decimal(1))
    assert (found.n, found.tasks, found.spend, found.window_days) == (0, 0, None, None)
    assert {found.value.value, found.net.value, found.roi.value, found.payback_days.value} == {None}


def test_a_predicate_that_fails_on_a_value_is_wrong_usage():
    with pytest.raises(UsageError, match=r"fails on a call: .*'a'") as caught:
        roi(connect([call(1, **A)]), Scope(), WORTH, success="request_model::INT = 1")
    assert "TRY_CAST" in caught.value.hint


def test_the_evidence_changes_with_the_predicate():
    assert len({ten().evidence_id, ten(success="true").evidence_id, ten(task="trace").evidence_id}) == 3
