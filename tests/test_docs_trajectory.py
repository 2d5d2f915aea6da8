"""docs/trajectory.md: its example runs on a model built here, and its tables name what there is."""

import re
from pathlib import Path

from otel_cert.trajectory import DEFAULTS
from tests.trajectory.models import save_causal

PAGE = (Path(__file__).parent.parent / "docs" / "trajectory.md").read_text(encoding="utf-8")


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    save_causal(tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    exec(compile(code, "trajectory.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "perplexity" in printed
    assert "least expected" in printed


def test_every_gate_is_explained_with_its_limit():
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+)(?: nats)? \|", PAGE, re.MULTILINE))
    assert {name: float(limit) for name, limit in told.items()} == {gate.name: gate.at_most for gate in DEFAULTS}
