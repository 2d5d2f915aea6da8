import pytest

from otel_cert.questions import ACTIVITY, ask
from tests.calls import call, connect

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("apart_s", "interval", "last"),
    [
        (3 * MINUTE, "second", "2026-01-01T00:03:00Z"),
        (3 * MINUTE + 1, "minute", "2026-01-01T00:03:00Z"),
        (3 * HOUR, "minute", "2026-01-01T03:00:00Z"),
        (3 * HOUR + 1, "hour", "2026-01-01T03:00:00Z"),
        (5 * DAY, "hour", "2026-01-06T00:00:00Z"),
        (5 * DAY + 1, "day", "2026-01-06T00:00:00Z"),
    ],
)
def test_the_interval_fits_the_extent(apart_s: int, interval: str, last: str):
    rows = ask(connect([call(1), call(2, at_s=apart_s)]), ACTIVITY).rows
    assert [row[:3] for row in rows] == [(interval, "2026-01-01T00:00:00Z", 1), (interval, last, 1)]


def test_errors_and_tokens_are_counted_where_they_are_known():
    calls = [call(1, input_tokens_total=5), call(2, error_class="timeout"), call(3, input_tokens_total=7)]
    [row] = ask(connect(calls), ACTIVITY).dicts()
    assert (row["calls"], row["errors"], row["input_tokens"], row["input_known"]) == (3, 1, 12, 2)
    assert (row["output_tokens"], row["output_known"]) == (None, 0)


def test_calls_without_a_start_do_not_stretch_the_axis():
    calls = [call(1), call(2, at_s=1), call(3) | {"start_unix_ns": 0}, call(4) | {"start_unix_ns": -(2**63)}]
    assert [row[:3] for row in ask(connect(calls), ACTIVITY).rows] == [
        ("second", "2026-01-01T00:00:00Z", 1),
        ("second", "2026-01-01T00:00:01Z", 1),
    ]
