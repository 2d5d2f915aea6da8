from otel_cert.questions import MODELS, ask
from tests.calls import call, connect


def test_a_new_version_behind_the_same_name_is_a_new_row():
    alias = {"provider": "openai", "request_model": "gpt-4o"}
    calls = [
        call(1, at_s=0, response_model="gpt-4o-05", **alias),
        call(2, at_s=60, response_model="gpt-4o-05", **alias),
        call(3, at_s=120, response_model="gpt-4o-08", **alias),
        call(4, at_s=180, error_type="x", **alias),
    ]
    assert ask(connect(calls), MODELS).rows == (
        ("openai", "gpt-4o", "gpt-4o-05", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", 2, 0),
        ("openai", "gpt-4o", "gpt-4o-08", "2026-01-01T00:02:00Z", "2026-01-01T00:02:00Z", 1, 0),
        ("openai", "gpt-4o", None, "2026-01-01T00:03:00Z", "2026-01-01T00:03:00Z", 1, 1),
    )


def test_a_start_that_is_no_time_is_neither_first_nor_last():
    [row] = ask(connect([call(1), call(2) | {"start_unix_ns": -1}]), MODELS).dicts()
    assert (row["first_seen"], row["calls"]) == ("2026-01-01T00:00:00Z", 2)
    [row] = ask(connect([call(1) | {"start_unix_ns": 0}]), MODELS).dicts()
    assert (row["first_seen"], row["last_seen"]) == (None, None)
