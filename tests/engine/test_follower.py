"""Slow processors follow the analysis; whenever their process dies, the next one ends with the same rows."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from otel_cert.engine import follower as module
from otel_cert.engine.follower import _fitting
from otel_cert.errors import Retryable
from tests.scored import RIVER, ScoredStore, overlap_installed, rag
from tests.stored import Store

LOIRE = "The Loire is 1006 kilometres long."
TABLES = {
    "support": "SELECT * EXCLUDE (scored_unix_ns, scored_time) FROM support ORDER BY ALL",
    "claims": "SELECT * FROM claims ORDER BY ALL",
}


@pytest.fixture(autouse=True)
def _overlap():
    with overlap_installed():
        yield


def filled(root, n=12, **settings):
    store = ScoredStore(root, **settings)
    store.take(*(rag(number, f"{RIVER} {number}.", LOIRE) for number in range(1, n + 1)))
    return store


def rows(store):
    return {name: store.rows(sql) for name, sql in TABLES.items()}


class Died(BaseException):
    """In place of a kill: nothing catches it."""


@pytest.mark.parametrize("commits", range(6))
def test_a_death_after_any_commit(tmp_path, monkeypatch, commits):
    whole, store = filled(tmp_path / "whole"), filled(tmp_path / "killed")
    whole.score()
    left = [commits]

    def replace(*args, **named):
        if not left[0]:
            raise Died
        left[0] -= 1
        module_replace(*args, **named)

    module_replace = module.replace
    monkeypatch.setattr(module, "replace", replace)
    with pytest.raises(Died):
        store.score()
    monkeypatch.setattr(module, "replace", module_replace)
    store.score()
    assert rows(store) == rows(whole)
    assert store.snapshot().scored == store.snapshot().analysed == {"otlp": 12}


_SCORE = """
import sys
from pathlib import Path
from tests.scored import ScoredStore, overlap_installed
with overlap_installed():
    store = ScoredStore(Path(sys.argv[1]), method_settings={"seconds": 0.01})
    print("ready", flush=True)
    store.score()
"""


def test_kills_at_random_moments(tmp_path):
    whole = filled(tmp_path / "whole", 60, method_settings={"seconds": 0.01})
    whole.score()
    killed = filled(tmp_path / "killed", 60, method_settings={"seconds": 0.01})
    chance, environment = random.Random(7), os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for _ in range(4):
        command = [sys.executable, "-c", _SCORE, str(killed.layout.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 1.5))
            process.send_signal(signal.SIGKILL)
    killed.score()
    assert rows(killed) == rows(whole)
    assert len(rows(killed)["support"]) == 60


def test_it_reads_only_what_the_analysis_is_done_with(tmp_path):
    store = ScoredStore(tmp_path)
    store.send(rag(1, RIVER, LOIRE))
    store.seal()
    assert store.score() == 0
    assert store.snapshot().scored == {"otlp": 0}
    store.analyse()
    assert store.score() == 1
    assert store.snapshot().scored == {"otlp": 1}


def test_what_may_succeed_later_is_raised_and_done_then(tmp_path, monkeypatch):
    store = filled(tmp_path, 2)
    follower, steps = store.follower(), module.evaluate

    def busy(*_):
        raise Retryable("the judge is busy")

    monkeypatch.setattr(module, "evaluate", busy)
    with pytest.raises(Retryable):
        follower.round()
    monkeypatch.setattr(module, "evaluate", steps)
    while follower.round():
        pass
    assert len(rows(store)["support"]) == 2


def test_a_trace_that_a_processor_fails_on_is_left_out(tmp_path, monkeypatch):
    store = filled(tmp_path, 3)
    evaluate = module.evaluate

    def failing(con, steps):
        if con.sql("FROM genai_calls WHERE trace_id LIKE '%2'").fetchall():
            raise module.StepFailed("of trace 2")
        return evaluate(con, steps)

    monkeypatch.setattr(module, "evaluate", failing)
    store.score()
    assert [row[0][-1] for row in rows(store)["support"]] == ["1", "3"]
    assert store.snapshot().scored == {"otlp": 3}


def test_without_processors_of_its_own_nobody_waits(tmp_path):
    store = Store(tmp_path)
    store.take(rag(1, RIVER, LOIRE))
    assert store.snapshot().scored is None


@pytest.mark.parametrize(
    ("rows", "seconds", "then"),
    [(100, 10, 100), (100, 1, 200), (100, 20, 50), (100, 1000, 25), (16, 99, 16), (4096, 1, 4096)],
)
def test_rounds_take_about_ten_seconds(rows, seconds, then):
    assert _fitting(rows, seconds) == then
