"""An idle and a dripping hour make few files. The hour is simulated: the clock is ours, everything else is real."""

import time
from collections import Counter
from pathlib import Path

import pytest

from otel_cert.config import AnalysisSettings, Config, StoreSettings
from otel_cert.config_loader import load
from otel_cert.registry import Registry
from otel_cert.schema import COSTS, GENAI_CALLS, LOGS, METRIC_POINTS, SPANS
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog, Request
from otel_cert.store.query import connect
from otel_cert.workers import Analysis, Writer

from .delta import live_files
from .load import batch

HOUR_S = 3600
SEAL_S, ROUND_S = 5, 5
GRACE_S = 600


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
    return clock


class Hour:
    """The receiver's log, the writer and the analysis in one process, on the simulated clock."""

    def __init__(self, root: Path, clock: Clock, **store: object) -> None:
        self.layout, self._clock = Layout.create(root), clock
        registry = Registry.installed()
        config = load(None, registry).model_copy(
            update={
                "store": StoreSettings(seal_interval_s=SEAL_S, grace_s=GRACE_S, **store),
                "analysis": AnalysisSettings(interval_s=ROUND_S),
            }
        )
        self.config: Config = config
        self.log = AckLog(self.layout, "otlp", min_free_bytes=0)
        self.writer, self.analysis = Writer(self.layout, config, registry), Analysis(self.layout, config, registry)
        self.sent = 0

    def run(self, seconds: int, *, send_every_s: int | None = None) -> None:
        for second in range(seconds):
            self._clock.now_s += 1
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

    def live(self, table: str) -> int:
        return len(live_files(self.layout.table(table)))


@pytest.fixture
def hour(tmp_path, clock):
    hours = []

    def start(**store):
        hours.append(Hour(tmp_path / "data", clock, **store))
        return hours[-1]

    yield start
    for one in hours:
        one.log.close()


def test_an_idle_hour_makes_no_file(hour):
    quiet = hour()
    quiet.run(10, send_every_s=1)
    quiet.run(GRACE_S)  # computed, compacted, cleaned
    before = quiet.files()
    quiet.run(HOUR_S)
    assert quiet.files() == before


def test_an_hour_before_anything_arrived_makes_no_file(hour):
    new = hour()
    before = new.files()
    new.run(HOUR_S)
    assert new.files() - before == Counter({"snapshots": 1}) or new.files() == before
