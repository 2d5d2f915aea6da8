"""The benchmark runs, finds both answers alike and reports every figure."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPTIONS = "--queries --calls 2000 --rounds 1 --format json"


def test_it_compares_with_bare_duckdb(tmp_path):
    done = subprocess.run(
        [sys.executable, "bench/cost.py", *OPTIONS.split(), "--folder", tmp_path],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = {row["figure"] for row in json.loads(done.stdout)["figures"]}
    assert "goal: costs by model and day, times bare DuckDB, times the limit 1.7" in figures
    assert not list(tmp_path.iterdir())
