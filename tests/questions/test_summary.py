from otel_cert.questions import SUMMARY, ask
from tests.calls import call, connect, some


def test_the_summary_is_one_row_of_the_whole_window():
    [row] = ask(connect(*some()), SUMMARY).dicts()
    assert row == {
        "calls": 14, "errors": 2, "first_call": "2026-01-01T00:00:00Z", "last_call": "2026-01-01T02:10:00Z",
        "services": 1, "models": 2, "input_tokens": 1200, "input_known": 12, "cached_tokens": None, "cached_known": 0,
        "output_tokens": 120, "output_known": 12,
    }  # fmt: skip


def test_a_start_that_is_no_time_is_neither_first_nor_last():
    [row] = ask(connect([call(1), call(2) | {"start_unix_ns": -(2**63)}]), SUMMARY).dicts()
    assert (row["first_call"], row["last_call"], row["calls"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 2)
