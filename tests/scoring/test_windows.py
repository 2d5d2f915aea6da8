"""Windows score every token once, read no more than the model takes, and leave as much context as the stride allows."""

from hypothesis import given
from hypothesis import strategies as st

from otel_cert.scoring.windows import Window, windows


def test_what_fits_is_one_window():
    assert list(windows(total=11, first=4, longest=10, stride=5)) == [Window(0, 4, 11)]


def test_a_longer_text_moves_on_by_the_stride():
    assert list(windows(total=20, first=4, longest=10, stride=5)) == [
        Window(0, 4, 11),
        Window(5, 11, 16),
        Window(9, 16, 20),
    ]


def test_a_prompt_that_is_too_long_is_cut_at_its_start():
    assert list(windows(total=52, first=50, longest=10, stride=5)) == [Window(41, 50, 52)]


@given(st.data())
def test_every_token_once_with_context(data):
    total = data.draw(st.integers(2, 200))
    first = data.draw(st.integers(1, total - 1))
    keep = data.draw(st.integers(0, 1))
    longest = data.draw(st.integers(2, 60))
    stride = data.draw(st.integers(1, longest - keep))
    found = list(windows(total, first, longest, stride, keep))
    assert [n for window in found for n in range(window.first, window.end)] == list(range(first, total))
    for window in found:
        kept = keep if window.start else 0
        assert window.start == 0 or window.start >= keep, "what is kept is not read twice"
        assert window.end - 1 - window.start + kept <= longest
        assert window.first - window.start + kept >= min(window.first, longest - stride + 1)
