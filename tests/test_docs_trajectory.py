"""docs/trajectory.md: its example runs on a model built here, and its tables name what there is."""

import re
from pathlib import Path

from otel_cert.trajectory import DEFAULTS
from tests.trajectory.models import save_causal

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "trajectory.md").read_text(encoding="utf-8")


def examples(page):
    return re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_the_examples_run(tmp_path, monkeypatch, capsys):
    save_causal(tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    short, long = examples(PAGE)
    exec(compile(short, "trajectory.md", "exec"), {})
    assert "entropy=" in capsys.readouterr().out
    exec(compile(long, "trajectory.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "perplexity" in printed
    assert "least expected" in printed


def test_the_readme_shows_what_runs_here():
    shown = examples((ROOT / "README.md").read_text(encoding="utf-8"))
    assert {code for code in shown if "TrajectoryMonitor" in code} <= set(examples(PAGE))


def test_every_gate_is_explained_with_its_limit():
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+)(?: nats)? \|", PAGE, re.MULTILINE))
    assert {name: float(limit) for name, limit in told.items()} == {gate.name: gate.at_most for gate in DEFAULTS}
