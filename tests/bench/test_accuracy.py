"""The benchmark of accuracy, run on answers of our own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from otel_cert.measures.accuracy.features import FEATURES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two sources of rows, one of them open."""
    folder = tmp_path_factory.mktemp("data")
    pairs = yaml.safe_load((ROOT / "tests" / "measures" / "accuracy" / "pairs.yaml").read_text(encoding="utf-8"))
    for source in ("numeric_templates", "ragtruth_qa"):
        rows = []
        for language, given in pairs.items():
            for number, pair in enumerate(given):
                for label, answer in ((1, pair["right"]), (0, pair["wrong"])):
                    start = answer.find(pair["words"])
                    rows.append({
                        "id": f"{source}-{language}-{number}-{label}", "source": source, "doc": f"{language}-{number}",
                        "answer": answer, "context": pair["context"], "label": label,
                        "spans": [] if label else [[start, start + len(pair["words"]), "swap"]],
                    })  # fmt: skip
        (folder / f"{source}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def run(script: str, data: Path, *options: str) -> str:
    """Return what a script of the benchmark prints."""
    command = [sys.executable, f"bench/accuracy/{script}", str(data), "--cache", str(data / "cache"), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow  # a program for developers
def test_every_method_is_measured_on_every_source(data: Path) -> None:
    found = json.loads(run("run.py", data, "--format", "json"))
    assert set(found) == {"seed", "aligned", "shorter is better", "copied"}
    ours, seed = found["aligned"]["ragtruth_qa"], found["seed"]["ragtruth_qa"]
    assert (ours["n"], ours["supported"]) == (42, 0.5)
    assert ours["auc"] > 0.85 > seed["auc"]
    assert ours["low"] <= ours["auc"] <= ours["high"]
    assert ours["span_f1"] > 0.9
    assert seed["span_f1"] is None


@pytest.mark.slow  # a program for developers
def test_the_page_has_goals_controls_and_what_each_feature_is_worth(data: Path) -> None:
    page = run("run.py", data)
    assert re.search(r"\| RAGTruth QA, F1 of characters \| - \| [01]\.\d+ \|", page)
    assert "| BUMP, AUC | - | - | 0.69 | 0.78 | no data |" in page
    assert all(f"\n| `{name}` | " in page for name in FEATURES)


def test_weights_are_fitted_on_open_sources_only(data: Path) -> None:
    fitted, chosen = yaml.safe_load_all(run("fit.py", data))
    assert fitted["fitted_on"] == "42 answers of numeric_templates"
    assert min(fitted["coefficients"].values()) >= 0
    assert fitted["coefficients"]["number"] > 0
    assert fitted["threshold"]["value"] == 0.5
    assert set(chosen) == {"financial"}, "the only preset that constructed answers say something about"
    assert 0 < chosen["financial"]["aligned"]["threshold"] < 1
