from typing import Any

import pytest

from otel_cert.questions import COVERAGE, ask
from tests.calls import call, connect, cost, some

KNOWN, NOT_APPLICABLE = (1, 0, 0, {}), (0, 0, 1, {})


def unknown(reason: str) -> tuple[int, int, int, dict[str, int]]:
    return 0, 1, 0, {reason: 1}


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("input_tokens", {"input_tokens_total": 0}, KNOWN),
        ("input_tokens", {}, unknown("not_recorded")),
        ("input_tokens", {"error_type": "x"}, unknown("call_failed")),
        ("input_tokens", {"input_tokens_total": 5, "tokens_source": "estimated"}, unknown("estimated")),
        ("output_tokens", {"output_tokens_total": 1, "tokens_source": "reported"}, KNOWN),
        ("output_tokens", {"operation": "embeddings"}, NOT_APPLICABLE),
        ("response_model", {"response_model": "m"}, KNOWN),
        ("response_model", {"error_class": "server"}, unknown("call_failed")),
        ("content", {"content_state": "present"}, KNOWN),
        ("content", {"content_state": "redacted"}, unknown("redacted")),
        ("content", {}, unknown("not_recorded")),
        ("finish_reason", {"finish_reasons": ["stop"]}, KNOWN),
        ("finish_reason", {"finish_reasons": []}, unknown("not_recorded")),
        ("finish_reason", {"operation": "embeddings"}, NOT_APPLICABLE),
        ("time_to_first_token", {"ttft_s": 0.1}, KNOWN),
        ("time_to_first_token", {"streaming": False}, NOT_APPLICABLE),
        ("time_to_first_token", {"streaming": True}, unknown("not_recorded")),
        ("time_to_first_token", {}, unknown("streaming_not_recorded")),
        ("start_time", {}, KNOWN),
        ("start_time", {"start_unix_ns": 0}, unknown("not_recorded")),
        ("start_time", {"start_unix_ns": -1}, unknown("not_recorded")),
    ],
)
def test_each_field_is_known_unknown_or_not_applicable(field: str, given: dict[str, Any], expected: tuple[Any, ...]):
    assert _row(connect([call(1, **given)]), field) == expected


@pytest.mark.parametrize(
    ("priced", "expected"),
    [
        (cost(1, "0"), KNOWN),
        (cost(1, None, reason="no_price"), unknown("no_price")),
        (cost(1, "2", reason="estimated_tokens"), unknown("estimated_tokens")),
        (cost(2, "1"), unknown("not_processed")),
    ],
)
def test_cost_is_unknown_for_the_reason_that_pricing_gave(priced: dict[str, Any], expected: tuple[Any, ...]):
    assert _row(connect([call(1)], [priced]), "cost") == expected


def test_known_unknown_and_not_applicable_add_up():
    answer = ask(connect(*some()), COVERAGE)
    assert len(answer.rows) == 8
    for row in answer.dicts():
        assert row["known"] + row["unknown"] + row["not_applicable"] == row["calls"] == answer.n == 14
        assert sum(row["reasons"].values()) == row["unknown"]


def _row(con: Any, field: str) -> tuple[Any, ...]:
    rows = {row["field"]: row for row in ask(con, COVERAGE).dicts()}
    return tuple(rows[field][key] for key in ("known", "unknown", "not_applicable", "reasons"))
