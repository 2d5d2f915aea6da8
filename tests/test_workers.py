import threading
from contextlib import ExitStack, contextmanager

import pytest

from otel_cert import pipeline
from otel_cert.errors import Locked
from otel_cert.process import process
from otel_cert.roles import Analysis, Writer
from otel_cert.store.files import lock
from otel_cert.store.log import segments
from tests.stored import Store, body, chat

COUNTS = "SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM genai_calls)"


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr("otel_cert.process._WAIT_S", 0.02)
    return Store(tmp_path)


@contextmanager
def service(store, *roles):
    """Hold the locks of a running service, whose work the test does or leaves undone."""
    with ExitStack() as held:
        for role in roles:
            held.enter_context(lock(store.layout.lock(role), role))
        yield


class Waiting(threading.Thread):
    """`otel-cert process` beside a service."""

    def __init__(self, store):
        super().__init__()
        self._store, self._waits, self.traces = store, threading.Event(), -1
        self.start()

    def run(self):
        self.traces = process(self._store.layout, self._store.config, self._store.registry, progress=self._progress)

    def _progress(self, what, _done, _total):
        if what.startswith("waiting"):
            self._waits.set()

    def until_it_waits(self):
        assert self._waits.wait(60)

    def result(self):
        self.join(20)
        assert not self.is_alive()
        return self.traces


def test_without_a_service_it_does_everything(store):
    store.send(body(chat(1), chat(2)))
    assert process(store.layout, store.config, store.registry) == 2
    assert store.rows(COUNTS) == [(2, 2)]


@pytest.mark.parametrize("roles", [("writer", "analysis"), ("analysis",)])
def test_it_waits_for_a_running_service(store, roles):
    store.send(body(chat(1)))
    with service(store, *roles):
        waiting = Waiting(store)
        waiting.until_it_waits()
        store.seal()
        assert waiting.is_alive(), "sealed is not computed"
        store.analyse()
        assert waiting.result() is None
    assert store.rows(COUNTS) == [(1, 1)]


def test_it_does_what_a_dying_service_left_undone(store):
    store.send(body(chat(1)))
    with service(store, "writer", "analysis"):
        waiting = Waiting(store)
        waiting.until_it_waits()
    assert waiting.result() == 1
    assert store.rows(COUNTS) == [(1, 1)]


def test_a_torn_end_of_the_log_is_not_waited_for(store):
    store.send(body(chat(1)))
    store.send(body(chat(2)))
    (*_, newest) = segments(store.layout.log("otlp"))
    with newest.open("r+b") as file:
        file.truncate(newest.stat().st_size - 1)  # its header is whole
    with service(store, "writer", "analysis"):
        waiting = Waiting(store)
        store.seal()
        store.analyse()
        assert waiting.result() is None


def test_computing_everything_again_is_refused_while_a_service_runs(store):
    with service(store, "analysis"), pytest.raises(Locked):
        process(store.layout, store.config, store.registry, restart=True)


def under_load(store, monkeypatch, owner, name):
    """Let requests arrive during every call of a method."""
    real, calls = getattr(owner, name), []

    def busy(*args, **kwargs):
        calls.append(name)
        assert len(calls) < 5, "it never ends"
        done = real(*args, **kwargs)
        store.send(body(chat(len(calls) + 10)))
        if name == "round":
            store.seal()
        return done

    monkeypatch.setattr(owner, name, busy)


def maintained(monkeypatch, worker):
    """Note when a worker maintains its tables."""
    runs = []
    monkeypatch.setattr(worker._maintenance, "run", lambda: runs.append(1))
    return runs


def test_the_writer_maintains_its_tables_while_requests_keep_coming(store, monkeypatch):
    writer = Writer(store.layout, store.config, store.registry)
    runs = maintained(monkeypatch, writer)
    under_load(store, monkeypatch, writer._sealer, "seal")
    store.send(body(chat(1)))
    writer.seal()
    assert runs == [1]
    assert store.rows(COUNTS) == [(1, 0)]


def test_the_analysis_maintains_its_tables_while_traces_keep_coming(store, monkeypatch):
    at_once = store.config.analysis.model_copy(update={"quiet_s": 0.0})
    config = store.config.model_copy(update={"analysis": at_once})
    analysis = Analysis(store.layout, config, store.registry)
    runs = maintained(monkeypatch, analysis)
    under_load(store, monkeypatch, analysis._runner, "round")
    store.send(body(chat(1)))
    store.seal()
    analysis.tick()
    assert runs == [1]
    assert store.rows("SELECT count(*) FROM genai_calls") == [(1,)]


def test_everything_until_now_is_computed_while_a_service_goes_on_sealing(store, monkeypatch):
    store.send(body(chat(1)))
    real = pipeline.runner

    def runner(*args, **kwargs):
        made = real(*args, **kwargs)
        under_load(store, monkeypatch, made, "round")
        return made

    monkeypatch.setattr(pipeline, "runner", runner)
    assert process(store.layout, store.config, store.registry) == 1


def test_all_is_sealed_however_many_seals_that_takes(store):
    settings = store.config.store.model_copy(update={"seal_bytes": len(body(chat(1))) + 1})
    store.send(*(body(chat(n)) for n in range(1, 8)))
    Writer(store.layout, store.config.model_copy(update={"store": settings}), store.registry).seal()
    assert store.rows(COUNTS) == [(7, 0)]
