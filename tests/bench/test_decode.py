"""The writer's benchmark runs, loses no span, and reports every figure."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_figure_is_there_and_positive():
    options = ["--spans", "256", "--batch", "64", "--rounds", "1", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "bench/decode.py", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert [row["figure"] for row in figures] == [
        "peer: bare protobuf parse", "decode", "decode, row by row", "peer: bare Arrow Parquet of the rows", "seal",
        "decode, part of bare parse", "seal, part of bare parse and Parquet",
    ]  # fmt: skip
    assert all(row["median"] > 0 for row in figures)
