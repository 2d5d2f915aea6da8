"""A request that kills writers is found and kept aside; here a death is an exception that nothing catches."""

import random
from unittest.mock import Mock

import pytest

from otel_cert import pipeline
from otel_cert.store import attempts
from otel_cert.store.attempts import Attempts
from otel_cert.store.files import read_json
from otel_cert.store.seal import Sealer
from tests.stored import Store, body, chat, log_body

SPANS = "SELECT span_id FROM spans ORDER BY 1"


class Killed(BaseException):
    """As if the process died here."""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def deadly(*poison):
    """Return a decoder that dies over some requests."""

    def decode(signal, pending):
        if any(p.record.request.body in poison for p in pending):
            raise Killed
        return pipeline.decode_pending(signal, pending)

    return decode


def deaths(store, decode, *, at_most):
    """Seal as a service does, in one process after the other, until all is sealed; return how many died."""
    for died in range(at_most + 1):
        try:
            sealer = Sealer(store.layout, decode)
            while sealer.seal():
                pass
        except Killed:
            continue
        return died
    raise AssertionError(f"more than {at_most} died")


def kept(store):
    """Return the sequence numbers of the requests in quarantine."""
    return sorted(int(path.name[:20]) for path in store.layout.quarantine("otlp").glob("*.traces.pb"))


def spans(*numbers):
    return [(f"{n:016x}",) for n in numbers]


def test_one_that_kills_is_kept_aside_and_the_others_are_stored_once(store):
    bodies = [body(chat(n)) for n in range(1, 101)]
    store.send(*bodies)
    assert deaths(store, deadly(bodies[41]), at_most=9) == 1 + 1 + 3, "a batch of 100, one of 7, and three times alone"
    assert kept(store) == [42]
    assert store.rows(SPANS) == spans(*(n for n in range(1, 101) if n != 42))
    assert store.snapshot().sealed == {"otlp": 100}
    reason = read_json(store.layout.quarantine("otlp") / f"{42:020d}.reason.json")
    assert reason["reason"] == "killed 3 writers"
    assert not store.layout.sealing.exists()


def test_several_that_kill_are_found_one_after_the_other(store):
    bodies = [body(chat(n)) for n in range(1, 31)]
    store.send(*bodies)
    deaths(store, deadly(bodies[0], bodies[1], bodies[29]), at_most=15)
    assert kept(store) == [1, 2, 30]
    assert store.rows(SPANS) == spans(*range(3, 30))


@pytest.mark.parametrize("seed", range(3))
def test_kills_from_outside_keep_nothing_aside(store, seed):
    chance, times = random.Random(seed), 12

    def killed_from_outside(signal, pending):
        nonlocal times
        if times and chance.random() < 0.7:
            times -= 1
            raise Killed
        return pipeline.decode_pending(signal, pending)

    store.send(*(body(chat(n)) for n in range(1, 31)))
    deaths(store, killed_from_outside, at_most=12)
    assert len(kept(store)) <= 1, "only three kills in the same few milliseconds look like a deadly request"
    assert len(store.rows(SPANS)) == 30 - len(kept(store))


def test_an_error_is_no_death(store, monkeypatch):
    store.send(body(chat(1)))
    for _ in range(5):
        sealer = Sealer(store.layout, pipeline.decode_pending)
        monkeypatch.setattr(sealer.delta, "append", Mock(side_effect=OSError("No space left on device")))
        with pytest.raises(OSError, match="No space"):
            sealer.seal()
        assert not store.layout.sealing.exists()
    assert kept(store) == []
    assert deaths(store, pipeline.decode_pending, at_most=0) == 0
    assert store.rows(SPANS) == spans(1)


def test_want_of_memory_takes_smaller_portions(store):
    def small_machine(signal, pending):
        if len(pending) > 4:
            raise MemoryError
        return pipeline.decode_pending(signal, pending)

    store.send(*(body(chat(n)) for n in range(1, 41)))
    for expected in (MemoryError, None):
        sealer = Sealer(store.layout, small_machine)
        if expected:
            with pytest.raises(expected):
                sealer.seal()
        else:
            sealer.seal()
    assert kept(store) == []
    assert store.rows(SPANS) == spans(*range(1, 41))


def test_when_everything_kills_the_fault_is_not_in_the_requests(store, monkeypatch):
    monkeypatch.setattr(attempts, "HOPELESS", 2)
    bodies = [body(chat(n)) for n in range(1, 11)]
    store.send(*bodies)
    with pytest.raises(AssertionError, match="more than 30 died"):
        deaths(store, deadly(*bodies), at_most=30)
    assert kept(store) == [1, 2]
    store.reopen()
    store.seal()
    assert store.rows(SPANS) == spans(*range(3, 11)), "mended, and all others are still there"


def test_what_arrives_meanwhile_is_not_suspected(store):
    poison = body(chat(1))
    store.send(poison)
    for arriving in range(2, 5):
        with pytest.raises(Killed):
            Sealer(store.layout, deadly(poison)).seal()
        store.send(body(chat(arriving)))
    assert Sealer(store.layout, deadly(poison)).seal().rows == 3
    assert kept(store) == [1]


def test_no_reader_sees_one_table_ahead_of_the_other_while_it_is_searched(store):
    poison = log_body(30, "poison")
    for n in range(1, 21):
        store.send(body(chat(n)))
        store.send(poison if n == 20 else log_body(n, "fine"), signal="logs")
    for died in range(9):
        try:
            sealer = Sealer(store.layout, deadly(poison))
            while sealer.seal():
                pass
            break
        except Killed:
            if store.snapshot().number:
                shown = "SELECT (SELECT max(sequence) FROM spans), (SELECT max(sequence) FROM logs)"
                ((newest, _),) = store.rows(shown)
                assert newest <= store.snapshot().sealed["otlp"], f"after {died} deaths"
    assert store.rows("SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM logs)") == [(20, 19)]


def test_a_death_between_keeping_aside_and_going_on_keeps_the_same_one_again(store, monkeypatch):
    poison = body(chat(1))
    store.send(poison, body(chat(2)))
    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "set_aside", lambda _: (_ for _ in ()).throw(Killed))
        with pytest.raises(AssertionError, match="more than 4 died"):
            deaths(store, deadly(poison), at_most=4)
    assert deaths(store, deadly(poison), at_most=0) == 0
    assert kept(store) == [1]
    assert store.rows(SPANS) == spans(2)
