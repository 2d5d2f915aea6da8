"""Requests that are computed together, with a computation that waits until it is let go."""

import threading
from concurrent.futures import CancelledError

import pytest

from otel_cert.errors import Backpressure, Retryable
from otel_cert.score_server.batches import Batches

WAIT_S = 60


class Gated:
    """Doubles numbers, once it is open; fails on a negative one."""

    def __init__(self):
        self.batches, self.open, self.begun = [], threading.Event(), threading.Semaphore(0)

    def __call__(self, things):
        self.batches.append(list(things))
        self.begun.release()
        assert self.open.wait(WAIT_S)
        if any(thing < 0 for thing in things):
            raise ValueError("negative")
        return [2 * thing for thing in things]


@pytest.fixture
def gated():
    return Gated()


@pytest.fixture
def batches(gated):
    made = Batches("test", gated, most=4, waiting=6)
    made.start()
    yield made
    gated.open.set()
    made.stop()


def busy(batches, gated):
    """Return the future of a request that is being computed."""
    future = batches.submit([1], None)
    assert gated.begun.acquire(timeout=WAIT_S)
    return future


def test_what_waits_is_computed_together_and_each_gets_its_own(batches, gated):
    first = busy(batches, gated)
    futures = [batches.submit(things, None) for things in ([2], [3, 4], [5, 6], [7])]
    gated.open.set()
    assert [f.result(WAIT_S) for f in (first, *futures)] == [[2], [4], [6, 8], [10, 12], [14]]
    assert gated.batches == [[1], [2, 3, 4], [5, 6, 7]]
    assert list(batches.sizes) == [1, 3, 3]


def test_one_larger_than_a_batch_is_computed_by_itself(batches, gated):
    gated.open.set()
    assert batches.submit(list(range(6)), None).result(WAIT_S) == [0, 2, 4, 6, 8, 10]


def test_too_much_is_refused_with_a_time_and_taken_again_later(batches, gated):
    first = busy(batches, gated)
    waiting = batches.submit([2] * 6, None)
    with pytest.raises(Backpressure) as refused:
        batches.submit([3], None)
    assert 0 < refused.value.retry_after_s <= 30
    gated.open.set()
    assert first.result(WAIT_S) == [2]
    assert waiting.result(WAIT_S) == [4] * 6
    assert batches.submit([3], None).result(WAIT_S) == [6]


def test_one_that_fails_makes_no_other_fail(batches, gated):
    busy(batches, gated)
    futures = [batches.submit(things, None) for things in ([2], [-1], [3])]
    gated.open.set()
    assert (futures[0].result(WAIT_S), futures[2].result(WAIT_S)) == ([4], [6])
    with pytest.raises(ValueError, match="negative"):
        futures[1].result(WAIT_S)


def test_what_nobody_waits_for_is_not_computed(batches, gated):
    busy(batches, gated)
    given_up, late, wanted = batches.submit([2], None), batches.submit([3], 0.0), batches.submit([4], WAIT_S)
    assert given_up.cancel()
    gated.open.set()
    assert wanted.result(WAIT_S) == [8]
    with pytest.raises(CancelledError):
        late.result(WAIT_S)
    assert gated.batches == [[1], [4]]


def test_stopping_finishes_what_waits_and_takes_no_more(batches, gated):
    busy(batches, gated)
    waiting = batches.submit([2], None)
    stopping = threading.Thread(target=batches.stop)
    stopping.start()
    gated.open.set()
    stopping.join(WAIT_S)
    assert waiting.result(0) == [4]
    with pytest.raises(Retryable, match="stops"):
        batches.submit([1], None)


def test_a_wrong_number_of_results_is_an_error():
    made = Batches("test", lambda things: things[:-1], most=4, waiting=6)
    made.start()
    with pytest.raises(RuntimeError, match="1 results for 2"):
        made.submit([1, 2], None).result(WAIT_S)
    made.stop()
