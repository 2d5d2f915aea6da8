from decimal import Decimal

import pytest

from otel_cert.costs.optimize import Options
from tests.costs.optimize.shop import Till, content

ASKED = content("What is the capital of Norway?")
COLD = '{"temperature":0}'
CALL = Decimal("0.014")
"""1,000 tokens at 10 and 100 at 40 USD per million."""
DAY = 86_400


def test_all_but_the_first_of_equal_requests_are_saved():
    till = Till()
    first, *others = till.many(4, **ASKED, request_params=COLD)
    till.add(**content("And of Sweden?"), request_params=COLD)
    [saving] = till.found("repeated")
    assert (saving.calls, saving.alone, saving.low, saving.high) == (3, 3 * CALL, 3 * CALL, 3 * CALL)
    assert saving.confidence == "high"
    assert f"{first:032x}" not in {trace for trace, _ in saving.examples}
    assert saving.examples[0] == (f"{others[-1]:032x}", f"{others[-1]:016x}")


@pytest.mark.parametrize("params", [None, "{}", '{"temperature":0.7}', '{"temperature":"warm"}'])
def test_where_answers_may_vary_at_least_nothing_is_saved(params: str | None):
    till = Till()
    till.many(2, **ASKED, request_params=params)
    [saving] = till.found("repeated")
    assert (saving.alone, saving.low, saving.confidence) == (CALL, 0, "medium")


@pytest.mark.parametrize(
    "other",
    [
        {"request_params": '{"temperature":0,"seed":1}'},
        {"tool_definitions": "[]"},
        {"service_name": "bot"},
        {"system_instructions": '["Be brief."]'},
        {"content_state": "redacted"},
        {"content_state": "absent", "input_messages": None},
    ],
)
def test_a_request_that_differs_in_anything_is_no_repetition(other: dict[str, str]):
    till = Till()
    till.add(**ASKED, request_params=COLD)
    till.add(**ASKED | {"request_params": COLD} | other)
    assert till.found("repeated") == []


def test_an_answer_is_used_again_only_once_it_is_there_and_only_for_a_time():
    till = Till()
    for at_s in (0, 5, 20, DAY + 1, DAY + 20, 2 * DAY + 1):  # answered after 10 s; the fourth and sixth come too late
        till.add(**ASKED, request_params=COLD, at_s=at_s, seconds=10)
    [saving] = till.found("repeated")
    assert {int(trace, 16) for trace, _ in saving.examples} == {3, 5}
    assert saving.alone == 2 * CALL
    assert [s.alone for s in till.found("repeated", Options(within_ns=30 * 10**9))] == [2 * CALL]
    assert till.found("repeated", Options(within_ns=10 * 10**9)) == []


def test_the_first_is_paid_for_even_if_it_took_no_time():
    till = Till()
    till.many(3, **ASKED, request_params=COLD, seconds=0)
    assert [s.calls for s in till.found("repeated")] == [2]


def test_a_failed_request_that_is_made_again_is_no_repetition():
    till = Till()
    till.add(**ASKED, request_params=COLD, error_type="Timeout")
    till.add(**ASKED, request_params=COLD)
    assert till.found("repeated") == []


def test_calls_without_content_are_counted():
    till = Till()
    till.many(2)
    assert any(note.startswith("2 calls of 2 without stored messages") for note in till.advice().notes)
