"""A sample of the faults in every run; `python -m tests.faults` is all of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PHASES = ("receive", "seal", "analysis", "maintain raw", "restart after seal")
FAULTS = os.environ.get("OTEL_CERT_FAULTS", "10")
SEED = os.environ.get("OTEL_CERT_SEED", "1")


@pytest.mark.usefixtures("tools")
def test_a_fault_at_any_system_call_loses_nothing_and_doubles_nothing(tmp_path):
    results, summary = tmp_path / "results", tmp_path / "summary"
    chosen = [option for phase in PHASES for option in ("--phase", phase)]
    command = [sys.executable, "-m", "tests.faults", *chosen, "--sample", FAULTS, "--seed", SEED, "--jobs", "1"]
    done = subprocess.run(
        [*command, "--results", results, "--summary", summary],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = [json.loads(line)["outcome"] for line in results.read_text().splitlines()]
    assert len(outcomes) == int(FAULTS)
    assert outcomes.count("passed") >= 0.9 * len(outcomes), f"too few fired: {outcomes}"
