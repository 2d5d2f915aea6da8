import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.config.units import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("5m", 300),
        ("1h30m", 5400),
        ("7d", 604800),
        ("500ms", 0.5),
        ("1.5s", 1.5),
        ("2", 2),
        (3, 3),
        (0.5, 0.5),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5 m", "-5s", "5x", "1h 30m", "inf", True, None])
def test_no_durations(text):
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("64MiB", 64 << 20), ("1GB", 10**9), ("8 gib", 8 << 30), ("1.5KiB", 1536), ("100", 100), ("7B", 7), (12, 12)],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "-1", "5 apples", 1.5, False, None])
def test_no_sizes(text):
    with pytest.raises(ValueError, match="is no size"):
        parse_size(text)


@given(st.integers(0, 1 << 60))
def test_a_size_survives_its_text(size):
    assert parse_size(format_size(size)) == size


@given(st.floats(0, 1e9, allow_subnormal=False).map(lambda x: round(x, 6)))
def test_a_duration_survives_its_text(seconds):
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (5, "5s"), (90, "90s"), (300, "5m"), (5400, "90m"), (86400, "1d"), (0.25, "0.25s")]
)
def test_durations_are_written_short(seconds, text):
    assert format_duration(seconds) == text
