import os
import signal
import sys
import time
from itertools import pairwise

import pytest

from otel_cert import child as child_module
from otel_cert.child import Child
from otel_cert.store.layout import Layout

READY, ALIVE = '\'{"event": "ready"}\'', '\'{"event": "alive"}\''


@pytest.fixture
def child(tmp_path, monkeypatch):
    monkeypatch.setattr(child_module, "_FIRST_BACKOFF_S", 0.05)
    made = Child("writer", {"data_dir": str(Layout.create(tmp_path).root), "config": None}, stall_timeout_s=60)
    yield made
    made.stop(20)


def watch(child, until):
    """Supervise until something holds."""
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        child.watch()
        time.sleep(0.01)


def test_a_killed_process_is_named_and_restarted(child):
    assert child.problem() == "the writer process is not running yet"
    watch(child, until=lambda: child.problem() is None)
    first = child.pid
    os.kill(first, signal.SIGKILL)
    watch(child, until=lambda: child.problem() is not None)
    watch(child, until=lambda: child.problem() is None)
    assert child.pid != first


def test_a_process_that_dies_again_and_again_is_named_and_started_less_and_less_often(child, tmp_path, monkeypatch):
    monkeypatch.setattr(child_module, "_MAX_BACKOFF_S", 0.2)
    starts = tmp_path / "starts"
    running_instead(f'echo hello\necho {READY}\ndate +%s.%N >> "{starts}"\nexit 7', tmp_path, monkeypatch)
    watch(child, until=lambda: starts.exists() and len(starts.read_text().split()) == 6)
    watch(child, until=lambda: child.pid is None)
    assert "died 6 times in a row, last with exit code 7" in child.problem()
    times = [float(line) for line in starts.read_text().split()]
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[0] < gaps[2]
    assert max(gaps) < 2, "the back-off is bounded"


def test_it_is_forgiven_when_it_lives_long_enough(child, monkeypatch):
    watch(child, until=lambda: child.problem() is None)
    for _ in range(3):
        first = child.pid
        os.kill(first, signal.SIGKILL)
        watch(child, until=lambda first=first: child.pid not in (None, first))
    assert "died 3 times" in child.problem()
    monkeypatch.setattr(child_module, "_STEADY_S", 0.0)
    watch(child, until=lambda: child.problem() is None)


def running_instead(script, tmp_path, monkeypatch):
    """Let a shell script be the child."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))


def test_what_it_failed_on_is_named(child, tmp_path, monkeypatch):
    failed = '{"event": "failed", "error": "No space left on device"}'
    running_instead(f"echo '{failed}'\nexit 1", tmp_path, monkeypatch)
    watch(child, until=lambda: "died 3 times in a row, last with No space left on device" in child.problem())


def test_one_that_makes_no_progress_is_killed_and_restarted(tmp_path, monkeypatch):
    monkeypatch.setattr(child_module, "_FIRST_BACKOFF_S", 0.05)
    running_instead(f"echo {READY}\necho {ALIVE}\nexec sleep 60", tmp_path, monkeypatch)
    child = Child("writer", {}, stall_timeout_s=0.5)
    watch(child, until=lambda: child.problem() is None)
    first = child.pid
    watch(child, until=lambda: "died 3 times in a row, last with no progress for 0.5 s" in (child.problem() or ""))
    assert child.pid != first
    child.stop(20)


def test_one_that_makes_progress_is_let_alone_however_long_it_takes(tmp_path, monkeypatch):
    running_instead(f"sleep 2\necho {READY}\nwhile sleep 0.1; do echo {ALIVE}; done", tmp_path, monkeypatch)
    child = Child("writer", {}, stall_timeout_s=1.5)
    watch(child, until=lambda: child.problem() is None)
    first, until = child.pid, time.monotonic() + 2
    watch(child, until=lambda: time.monotonic() > until)
    assert child.pid == first
    child.stop(20)
