"""The benchmark runs, and reports the monitor beside a bare `generate`."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

ROOT = Path(__file__).parents[2]
OPTIONS = "--width 32 --layers 1 --vocabulary 100 --tokens 4 --rounds 1 --format json"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_it_compares_with_a_bare_generate(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    monkeypatch.delitem(sys.modules, "trajectory", raising=False)
    from trajectory import main

    done = CliRunner().invoke(main, OPTIONS.split())
    assert done.exit_code == 0, done.output
    figures = {row["figure"]: row["median"] for row in json.loads(done.stdout)["figures"]}
    assert all(value > 0 for value in figures.values())
    for prompts in (1, 8):
        assert {f"bare generate, {prompts} prompts", f"monitor, {prompts} prompts"} <= figures.keys()
        assert f"goal: bare generate over the monitor, {prompts} prompts, times the limit 0.8" in figures
