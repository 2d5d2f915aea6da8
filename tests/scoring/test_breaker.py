"""The circuit breaker, by a clock that is told."""

import threading

from otel_cert.scoring.asked import families
from otel_cert.scoring.breaker import Breaker
from otel_cert.scoring.remote import Remote, Server


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def opened(clock, **settings):
    breaker = Breaker(failures=3, open_s=10, longest_s=30, clock=clock, **settings)
    for _ in range(3):
        assert (breaker.wait_s(), breaker.state) == (0, "closed")
        breaker.failed()
    assert breaker.state == "open"
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_does_not():
    breaker = Breaker(failures=3, clock=Clock())
    for _ in range(10):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert (breaker.state, breaker.opened, breaker.wait_s()) == ("closed", 0, 0)


def test_while_open_nobody_passes_then_one_may_try():
    clock = Clock()
    breaker = opened(clock)
    assert breaker.wait_s() == 10
    clock.now += 9
    assert (breaker.wait_s(), breaker.state) == (1, "open")
    clock.now += 1
    assert (breaker.wait_s(), breaker.state) == (0, "half_open")
    assert breaker.wait_s() == 10  # a second one waits for the first
    breaker.succeeded()
    assert (breaker.wait_s(), breaker.state, breaker.opened) == (0, "closed", 1)


def test_a_failed_attempt_opens_it_for_longer_up_to_a_limit_and_an_answer_forgets_it():
    clock = Clock()
    breaker = opened(clock)
    for wait_s in (20, 30, 30):
        clock.now = breaker._until
        assert breaker.wait_s() == 0
        breaker.failed()
        assert (breaker.state, breaker.wait_s()) == ("open", wait_s)
    assert breaker.opened == 4
    clock.now = breaker._until
    assert breaker.wait_s() == 0
    breaker.succeeded()
    for _ in range(3):
        breaker.failed()
    assert breaker.wait_s() == 10


def test_one_that_never_tells_keeps_others_out_for_a_time_only():
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    assert breaker.wait_s() == 0
    clock.now += 10
    assert (breaker.wait_s(), breaker.state) == (0, "half_open")


def test_failures_of_attempts_that_began_before_change_nothing_while_open():
    clock = Clock()
    breaker = opened(clock)
    clock.now += 5
    breaker.failed()
    assert (breaker.wait_s(), breaker.opened) == (5, 1)


def test_of_many_threads_one_tries():
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    waits = []
    threads = [threading.Thread(target=lambda: waits.append(breaker.wait_s())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0] + [10] * 19


def test_its_state_is_a_metric():
    breaker = opened(Clock())
    remote = Remote(Server("127.0.0.1:1"), breaker)
    remote.outcomes["Embed", "UNAVAILABLE"] = 3
    states, times, requests = families([remote])
    assert {labels["state"]: value for labels, value in states.samples} == {"closed": 0, "open": 1, "half_open": 0}
    assert times.samples == [({"server": "127.0.0.1:1"}, 1)]
    assert requests.samples == [({"server": "127.0.0.1:1", "method": "Embed", "code": "UNAVAILABLE"}, 3)]
    remote.close()
