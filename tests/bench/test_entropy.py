"""The benchmark runs, every answer is scored, and every figure is reported."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPTIONS = "--size tiny --vocabulary 700 --texts 20 --rounds 1 --format json"


def test_it_compares_with_bare_calls_of_the_model():
    done = subprocess.run(
        [sys.executable, "bench/entropy.py", *OPTIONS.split()],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = {row["figure"]: row["median"] for row in json.loads(done.stdout)["figures"]}
    assert all(value > 0 for value in figures.values())
    assert {
        "prompt and answer: bare",
        "prompt and answer: scored",
        "goal: prompt and answer, part of bare, times the limit 0.9",
        "goal: answer alone, part of bare, times the limit 0.9",
        "goal: sorted, times as it comes, times the limit 1.4",
    } <= set(figures)
