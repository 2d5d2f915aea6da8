from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.costs.budget.window import CALENDAR, parse_window, window, zone

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(lambda t: ns(t.replace(tzinfo=UTC)))
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo"]
)


def ns(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9


@pytest.mark.parametrize(
    ("kind", "zone_name", "start", "end"),
    [
        ("day", "UTC", "2026-03-29T00:00Z", "2026-03-30T00:00Z"),
        ("day", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),  # 23 hours: summer time begins
        ("week", "UTC", "2026-03-23T00:00Z", "2026-03-30T00:00Z"),
        ("month", "Europe/Berlin", "2026-02-28T23:00Z", "2026-03-31T22:00Z"),
        ("quarter", "UTC", "2026-01-01T00:00Z", "2026-04-01T00:00Z"),
        ("year", "UTC", "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
        ("36h", "UTC", "2026-03-28T00:00Z", "2026-03-29T12:00Z"),
    ],
)
def test_a_moment_lies_in_its_window(kind: str, zone_name: str, start: str, end: str):
    found = window(kind, zone(zone_name), ns(datetime(2026, 3, 29, 12, tzinfo=UTC)))
    assert (found.start_ns, found.end_ns) == (ns(datetime.fromisoformat(start)), ns(datetime.fromisoformat(end)))
    assert found.rolling == (kind == "36h")


def test_the_day_is_that_of_the_time_zone():
    late = ns(datetime(2026, 1, 1, 4, 30, tzinfo=UTC))
    found = window("year", ZoneInfo("America/New_York"), late)
    assert found.end_ns == ns(datetime(2026, 1, 1, 5, tzinfo=UTC))


@given(kind=st.sampled_from(CALENDAR), zone_name=ZONES, at_ns=MOMENTS)
def test_windows_follow_each_other_without_gap(kind: str, zone_name: str, at_ns: int):
    here = window(kind, zone(zone_name), at_ns)
    assert here.start_ns <= at_ns < here.end_ns
    assert window(kind, zone(zone_name), here.end_ns - 1000) == here
    assert window(kind, zone(zone_name), here.end_ns).start_ns == here.end_ns


@pytest.mark.parametrize("text", ["fortnight", "0d", "-1d", "30s", ""])
def test_other_words_are_no_window(text: str):
    with pytest.raises(ValueError, match="month, quarter, year, or a duration such as 30d"):
        parse_window(text)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused(name: str):
    with pytest.raises(ValueError, match="no time zone here"):
        zone(name)
