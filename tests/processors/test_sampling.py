"""Which calls a sampling plan takes."""

import json

import pytest

from otel_cert.processors.sampling import Plan, stratum, unit

UNITS = [f"{n:032x}" for n in range(10_000)]


def taken(plan, share=None):
    return {u for u in UNITS if plan.takes(u, plan.share if share is None else share)}


def test_all_and_a_share():
    assert len(taken(Plan())) == len(UNITS)
    # 1,000 expected, standard deviation 30
    assert abs(len(taken(Plan(0.1))) - 1000) < 120


def test_a_seed_gives_one_sample_and_another_seed_another():
    assert taken(Plan(0.1, seed=1)) == taken(Plan(0.1, seed=1))
    both = taken(Plan(0.1, seed=1)) & taken(Plan(0.1, seed=2))
    assert abs(len(both) - 100) < 50, "independent: a tenth of a tenth"


def test_a_greater_share_keeps_what_a_smaller_one_has():
    assert taken(Plan(0.1)) < taken(Plan(0.2))


def test_a_known_digest():
    plan, first = Plan(), 0x9DF3C5FAB8EF8FE7 / 2**64  # of `printf 0:a | sha256sum`
    assert [plan.takes("a", share) for share in (0.0, first - 1e-6, first + 1e-6)] == [False, False, True]


@pytest.mark.parametrize(("yesterday", "share"), [(0, 1.0), (10, 1.0), (100, 0.5), (1000, 0.05), (10_000, 0.02)])
def test_rare_strata_get_a_greater_share(yesterday, share):
    assert Plan(0.02, minimum=50).share_of(yesterday) == pytest.approx(share)


def test_without_a_minimum_every_stratum_has_the_same_share():
    assert {Plan(0.02).share_of(n) for n in (0, 1, 10**9)} == {0.02}


def test_units_and_strata():
    call = {
        "trace_id": "t",
        "conversation_id": None,
        "service_name": "shop",
        "response_model": None,
        "request_model": "m",
    }
    assert (unit(call), stratum(call)) == ("t", ("shop", "m"))
    assert unit(call | {"conversation_id": "c"}) == "c"
    assert stratum(call | {"response_model": "m-1"}) == ("shop", "m-1")


def test_the_plan_says_itself():
    assert json.loads(Plan(0.5, seed=7).text) == {"share": 0.5, "seed": 7, "unit": "conversation, else trace"}
    assert json.loads(Plan(0.5, minimum=9).text)["minimum_a_day"] == 9
