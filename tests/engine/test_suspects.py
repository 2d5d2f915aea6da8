"""A trace that kills the analysis is set aside; here a death is an exception that nothing catches."""

import pytest

from otel_cert.engine import suspects
from otel_cert.engine.runner import Runner, Step
from tests.engine.test_runner import NAMES, Names, names
from tests.stored import Store, body, log_body, plain


class Killed(BaseException):
    """As if the process died here."""


class Deadly(Names):
    """Dies over spans called `poison...`."""

    def __init__(self):
        super().__init__()
        self.poison = "poison"

    def evaluate(self, con):
        ((found,),) = con.execute("SELECT count(*) FROM spans WHERE starts_with(name, ?)", [self.poison]).fetchall()
        if found:
            raise Killed
        return super().evaluate(con)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    made.send(*(body(plain(n, name="poison" if n in (7, 19) else f"fine {n:02}")) for n in range(1, 21)))
    made.seal()
    return made


FINE = [(f"fine {n:02}",) for n in range(1, 21) if n not in (7, 19)]


def deaths(store, processor, *, at_most, restart=False):
    """Compute as a service does, in one process after the other; return how many died."""
    for died in range(at_most + 1):
        try:
            steps = [Step("names", processor, ("spans",), (NAMES,))]
            one = Runner(store.layout, steps, restart=restart and not died)
            while one.round(force=True):
                pass
        except Killed:
            continue
        return died
    raise AssertionError(f"more than {at_most} died")


def test_traces_that_kill_are_set_aside_and_all_others_are_computed(store):
    assert deaths(store, Deadly(), at_most=12) > 0
    assert names(store) == FINE
    assert store.snapshot().analysed == store.snapshot().sealed
    assert deaths(store, Deadly(), at_most=0) == 0, "it is not tried for ever"


def test_it_is_tried_again_when_more_of_it_arrives(store):
    mended = Deadly()
    deaths(store, mended, at_most=12)
    mended.poison = "nothing"
    store.send(log_body(7, "late"), signal="logs")
    store.seal()
    assert deaths(store, mended, at_most=0) == 0
    assert names(store) == [*FINE, ("poison",)]


def test_it_is_set_aside_again_when_more_of_it_arrives_and_nothing_is_mended(store):
    deaths(store, Deadly(), at_most=12)
    store.send(log_body(7, "late"), signal="logs")
    store.send(body(plain(60, name="fine 60")))
    store.seal()
    assert deaths(store, Deadly(), at_most=5) > 0
    assert names(store) == [*FINE, ("fine 60",)]


@pytest.mark.slow
def test_computing_everything_again_tries_it_again_and_survives_deaths(store):
    mended = Deadly()
    deaths(store, mended, at_most=12)
    mended.poison = "nothing"
    assert deaths(store, mended, at_most=0, restart=True) == 0
    assert names(store) == [*FINE, ("poison",), ("poison",)]
    mended.poison, mended.seen = "poison", []
    assert deaths(store, mended, at_most=12, restart=True) > 0
    assert sum(mended.seen) >= len(FINE), "also what died before it came so far"
    assert len(names(store)) == 20, "what was computed before stays"


def test_few_are_remembered(store, monkeypatch):
    monkeypatch.setattr(suspects, "_REMEMBERED", 1)
    deaths(store, Deadly(), at_most=20)
    assert names(store) == FINE
