import os
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from otel_cert import service
from otel_cert.errors import Permanent
from otel_cert.schema import SPANS, Column, Table
from otel_cert.service import Child, serve
from otel_cert.store.layout import Layout
from otel_cert.store.tables import DeltaStore


@pytest.fixture
def child(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "_FIRST_BACKOFF_S", 0.05)
    made = Child("writer", {"data_dir": str(Layout.create(tmp_path).root), "config": None})
    yield made
    made.stop(20)


def watch(child, until):
    """Supervise until something holds."""
    deadline = time.monotonic() + 30
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
    monkeypatch.setattr(service, "_MAX_BACKOFF_S", 0.2)
    starts = tmp_path / "starts"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho ready\ndate +%s.%N >> "{starts}"\nexit 7\n')
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
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
    monkeypatch.setattr(service, "_STEADY_S", 0.0)
    watch(child, until=lambda: child.problem() is None)


def test_a_store_of_a_newer_version_is_refused_before_anything_starts(tmp_path: Path):
    newer = Column("colour", SPANS.columns[0].type, "Of a later version.")
    DeltaStore(Layout.create(tmp_path)).ensure(
        Table("spans", "Spans.", key=SPANS.key, sort=SPANS.sort, columns=(*SPANS.columns, newer))
    )
    with pytest.raises(Permanent, match="newer otel-cert: it has colour"):
        serve(None, tmp_path, {}, on_ready=lambda _: pytest.fail("it started"))
