"""The limits on false alarms and on what is found hold in a short run of the benchmark."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow  # a program for developers
def test_steady_traffic_is_quiet_and_tripled_days_are_found():
    done = subprocess.run(
        [sys.executable, "bench/anomalies.py", "--series", "3", "--days", "1000", "--format", "json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    steady = rows["traffic"][:4]
    assert all(row["days"] == 3 * 972 for row in steady)
    assert all(row["alarms, worst series"] <= 0.01 for row in steady)
    assert all(row["found"] >= 0.99 for row in steady)
    assert all(row["alarms"] <= 0.01 for row in rows["traffic"]), "restless traffic raises few alarms, too"
    assert all(0 < row["exceeds"] < 0.006 for row in rows["noise"])
