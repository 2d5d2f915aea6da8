import pytest

from otel_cert.exporters import _retry
from otel_cert.exporters._retry import Retry
from otel_cert.exporters._settings import RetrySettings


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_retry.time, "monotonic", lambda: now[0])
    return now


def test_waits_grow_up_to_a_limit_and_vary():
    waits = [Retry(RetrySettings(initial_interval=1, max_interval=4)) for _ in range(50)]
    attempts = [[retry.wait_s(None) for _ in range(6)] for retry in waits]
    for interval, at_attempt in zip((1, 1.5, 2.25, 3.375, 4, 4), zip(*attempts, strict=True), strict=True):
        assert all(0.5 * interval <= wait <= 1.5 * interval for wait in at_attempt)
        assert len(set(at_attempt)) > 40


def test_the_endpoint_says_when():
    retry = Retry(RetrySettings(initial_interval=1, max_interval=4))
    assert [retry.wait_s(0.25), retry.wait_s(3600.0)] == [0.25, 3600.0]


def test_a_batch_has_its_time_and_the_next_one_anew(clock):
    retry = Retry(RetrySettings(max_elapsed_time=10))
    assert retry.wait_s(None) is not None
    clock[0] = 9.9
    assert retry.wait_s(None) is not None
    clock[0] = 10.0
    assert retry.wait_s(None) is None
    retry.over()
    clock[0] = 19.0
    assert retry.wait_s(None) is not None


def test_without_a_limit_it_never_gives_up(clock):
    retry = Retry(RetrySettings())
    for clock[0] in (0.0, 1e6, 1e9):
        assert retry.wait_s(None) is not None
