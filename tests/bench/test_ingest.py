"""The benchmark runs and reports every figure; how large they are is not a test's business."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # twelve starts of a service, to see that a program for developers runs
ROOT = Path(__file__).parents[2]
PHASE = ("acknowledged/s", "acknowledged/CPU-s", "sealed/writer CPU-s", "all in/CPU-s")
BARE = ("bare acknowledged/s", "bare acknowledged/CPU-s", "acknowledged/CPU-s, part of bare")
LATENCY = ("p50", "p99")
GOALS = {
    "start-up to the ready line": "1",
    "burst, acknowledged/s": "120,000",
    "burst, acknowledged/CPU-s, part of bare": "0.7",
    "burst, until nothing waits": "120",
    "burst, until in Parquet, receiver and writer": "40,000",
    "grpc 1, requests/s": "1,500",
    "grpc 1, p99": "10",
    "http 1, requests/s": "2,000",
    "http 1, p99": "10",
    "peak memory, receiver": "250",
    "on disk, compacted": "450",
    "on disk, compacted, part of raw OTLP": "0.29",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    options = "--spans 600 --rounds 1 --burst 0.5 --seal-interval 200ms --queries 400 --format json"
    done = subprocess.run(
        [sys.executable, "bench/ingest.py", *options.split(), "--folder", str(tmp_path_factory.mktemp("bench"))],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_figure_is_there_and_positive(report):
    figures = {row["figure"]: row for row in report["figures"]}
    assert set(figures) == {
        *(f"goal: {goal}{limit}" for goal, value in GOALS.items() for limit in ("", f", times the limit {value}")),
        *(
            f"while the burst is analysed, {transport} 1{p99}"
            for transport in ("grpc", "http")
            for p99 in ("", ", p99")
        ),
        "start-up to the ready line",
        *(f"{transport} {batch}: {f}" for transport in ("grpc", "http") for batch in (512, 64, 1) for f in PHASE),
        *(f"grpc {batch}: {f}" for batch in (512, 64, 1) for f in BARE),
        *(f"{transport} 1: {f}" for transport in ("grpc", "http") for f in LATENCY),
        *(f"grpc 1: bare {f}" for f in LATENCY),
        *(f"peak memory, {role}" for role in ("receiver", "writer", "analysis")),
        "raw OTLP",
        *(f"on disk, {state}{part}" for state in ("hot", "compacted") for part in ("", ", part of raw OTLP")),
        *(f"400 {state}: connect" for state in ("in 1 files", "compacted")),
        *(
            f"400 {state}: {query}{side}"
            for state in ("in 1 files", "compacted")
            for query in ("cost by model and day", "one trace by id", "count(*)")
            for side in ("", ", bare DuckDB", ", times bare")
        ),
    }
    assert all(0 < row["min"] <= row["median"] <= row["max"] and row["unit"] for row in report["figures"])


def test_the_report_says_where_it_was_measured(report):
    assert report["machine"]["cores"] == os.cpu_count()
    assert report["options"]["spans"] == 600
