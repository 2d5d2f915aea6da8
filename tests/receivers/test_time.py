import pytest

from otel_cert.receivers._time import unix_ns

NEW_YEAR = 1_767_225_600 * 10**9
"""2026-01-01T00:00:00Z."""

READ = {
    "2026-01-01T00:00:00Z": NEW_YEAR,
    "2026-01-01T00:00:00": NEW_YEAR,
    "2026-01-01 00:00:00.123456": NEW_YEAR + 123_456_000,
    "2026-01-01T00:00:00.123456789Z": NEW_YEAR + 123_456_789,
    "2026-01-01T00:00:00.1Z": NEW_YEAR + 100_000_000,
    "2026-01-01T02:00:00.000000001+02:00": NEW_YEAR + 1,
    "2025-12-31T23:30:00,5-00:30": NEW_YEAR + 500_000_000,
    "2026-01-01": NEW_YEAR,
    1_767_225_600: NEW_YEAR,
    1_767_225_600.000001: NEW_YEAR + 1_000,
    "1767225600": NEW_YEAR,
    1_767_225_600_123: NEW_YEAR + 123_000_000,
    1_767_225_600_123_456: NEW_YEAR + 123_456_000,
    NEW_YEAR + 7: NEW_YEAR + 7,
}
NONE = [
    None, True, "", "yesterday", "2026-13-01", "2026-01-01T25:00:00Z", -1, 0, float("nan"), float("inf"), "1e400",
    10**30, "1" * 400, [1], {}, "1969-12-31T23:59:59Z", "9999-12-31T00:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize(("given", "time"), READ.items(), ids=map(str, READ))
def test_a_time_is_read_to_the_nanosecond(given, time):
    assert unix_ns(given) == time


@pytest.mark.parametrize("given", NONE, ids=lambda value: repr(value)[:30])
def test_what_is_no_time_is_none(given):
    assert unix_ns(given) is None
