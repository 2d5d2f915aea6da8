"""An idle and a dripping hour make few files. The hour is simulated: the clock is ours, everything else is real."""

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from otel_cert.config import AnalysisSettings, StoreSettings
from otel_cert.config.loader import load
from otel_cert.registry import Registry
from otel_cert.roles import Analysis, Writer
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog, Request
from otel_cert.store.query import connect

from .delta import live_files
from .load import batch

HOUR_S = 3600
GRACE_S = 600
CHECKPOINT_EVERY, CHECKPOINTS = 20, 3
TABLES = ("spans", "genai_calls", "costs")


class Clock:
    """The time that the code under test sees; begins in the morning, so that an hour stays on one day."""

    def __init__(self):
        self.now_s = 1_767_258_000.0

    def time_ns(self):
        return int(self.now_s * 1e9)

    def monotonic(self):
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time_ns", clock.time_ns)
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    for sync in ("fsync", "fdatasync"):  # an hour's worth of waiting for the disk
        monkeypatch.setattr(os, sync, lambda _: None)
    return clock


class Hour:
    """The receiver's log, the writer and the analysis in one process, on the simulated clock."""

    def __init__(self, root: Path, clock: Clock, *, seal_s: float, hot_files: int, grace_s: float = GRACE_S) -> None:
        self.layout, self._clock = Layout.create(root), clock
        registry = Registry.installed()
        config = load(None, registry).model_copy(
            update={
                "store": StoreSettings(seal_interval_s=seal_s, grace_s=grace_s, hot_files=hot_files),
                "analysis": AnalysisSettings(interval_s=seal_s),
            }
        )
        self.log = AckLog(self.layout, "otlp", min_free_bytes=0)
        self.writer, self.analysis = Writer(self.layout, config, registry), Analysis(self.layout, config, registry)
        self.sent = 0

    def run(self, seconds: int, *, send_every_s: int | None = None) -> None:
        step_s = 1 if send_every_s else 5  # quiet times in larger steps
        for second in range(0, seconds, step_s):
            self._clock.now_s += step_s
            if send_every_s and second % send_every_s == 0:
                self.sent += 1
                body = batch("traces", [f"{self.sent}"], self.sent.to_bytes(16, "big"))
                self.log.append([Request("traces", "application/x-protobuf", body, time.time_ns())])
            self.writer.tick()
            self.analysis.tick()

    def files(self) -> Counter[str]:
        """Return how many files there are per folder of the data directory."""
        root = self.layout.root
        return Counter(str(p.relative_to(root).parent) for p in root.rglob("*") if p.is_file())

    def count(self, folder: str, suffix: str) -> int:
        """Return how many files with this suffix are below a folder."""
        return sum(p.is_file() and p.name.endswith(suffix) for p in (self.layout.root / folder).rglob("*"))

    def live(self, table: str) -> int:
        return len(live_files(self.layout.table(table)))


@pytest.fixture
def hour(tmp_path, clock):
    hours = []

    def start(**settings):
        hours.append(Hour(tmp_path / "data", clock, **settings))
        return hours[-1]

    yield start
    for one in hours:
        one.log.close()


@pytest.mark.slow
def test_an_idle_hour_makes_no_file(hour):
    quiet = hour(seal_s=5, hot_files=64)
    quiet.run(10, send_every_s=1)
    quiet.run(2 * GRACE_S)  # computed and cleaned
    before = quiet.files()
    quiet.run(HOUR_S)
    assert quiet.files() == before


@pytest.mark.slow
@pytest.mark.parametrize(("seal_s", "hot_files"), [(120, 4), (5, 64)])
def test_a_dripping_hour_makes_few_files(hour, seal_s, hot_files):
    drip = hour(seal_s=seal_s, hot_files=hot_files)
    drip.run(HOUR_S, send_every_s=1)
    # What was superseded stays for the grace period, and until the next cleaning after it.
    commits = 2 * GRACE_S / seal_s * (1 + 1 / hot_files)
    for table in TABLES:
        assert 1 <= drip.live(table) <= hot_files
        assert drip.count(f"tables/{table}", ".parquet") <= hot_files + commits + CHECKPOINTS
        assert drip.count(f"tables/{table}/_delta_log", ".json") <= commits + 2 * CHECKPOINT_EVERY
    assert drip.count("snapshots", ".json") <= 2 * commits + 2
    assert drip.count("log", ".seg") == 1

    drip.run(3 * GRACE_S)
    for table in TABLES:
        assert drip.count(f"tables/{table}", ".parquet") - drip.live(table) <= CHECKPOINTS
        assert drip.count(f"tables/{table}/_delta_log", "") <= CHECKPOINT_EVERY + CHECKPOINTS
    assert drip.count("snapshots", "") == 1
    with connect(drip.layout.root) as con:
        for table in TABLES:
            assert con.execute(f"SELECT count(*), count(DISTINCT span_id) FROM {table}").fetchall() == [
                (HOUR_S, HOUR_S)
            ]


def test_a_pinned_snapshot_keeps_its_files(hour):
    drip = hour(seal_s=5, hot_files=3, grace_s=60)
    drip.run(20, send_every_s=1)
    pinned = snapshots.pin(drip.layout, snapshots.latest(drip.layout).number)
    with connect(drip.layout.root) as con:
        before = con.execute("SELECT count(*) FROM spans").fetchall()
    drip.run(20, send_every_s=1)
    drip.run(180)
    assert not drip.layout.snapshot(pinned.number).exists()
    with connect(drip.layout.root, snapshot=pinned.number) as con:
        assert con.execute("SELECT count(*) FROM spans").fetchall() == before
    with connect(drip.layout.root) as con:
        assert con.execute("SELECT count(*) FROM spans").fetchall() == [(40,)]


def test_what_a_killed_process_left_behind_is_removed(hour):
    drip = hour(seal_s=5, hot_files=64, grace_s=60)
    drip.run(10, send_every_s=1)
    root = drip.layout.table("spans")
    (day,) = root.glob("receive_day=*")
    (day / "part-00000-never-committed.zstd.parquet").write_bytes(b"PAR1")
    drip.run(120)
    assert sorted(map(str, day.iterdir())) == live_files(root)
