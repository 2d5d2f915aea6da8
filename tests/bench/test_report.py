"""The benchmark asks for every kind of evidence and runs every query bare."""

import importlib
import sys
from pathlib import Path

import pytest

from otel_cert.law import load_pack
from tests.calls import call, store

BENCH = str(Path(__file__).parents[2] / "bench")


def test_it_times_every_kind_of_evidence_beside_its_bare_queries(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    report = importlib.import_module("report")
    figures = sys.modules["figures"].Figures()
    report.measure_evidence(figures, store(tmp_path, [call(n, at_s=n) for n in range(20)]).root)
    names = {row["figure"] for row in figures.rows()}
    assert {f"evidence {kind.id}" for kind in load_pack().evidence} <= names
    assert {"bare query rates total", "bare query drift", "evidence changes"} <= names
    assert "goal: all measured evidence, times its bare queries, times the limit 3" in names
    assert all(row["median"] > 0 for row in figures.rows())


@pytest.mark.slow
def test_it_times_the_whole_set_beside_its_bare_parts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    report = importlib.import_module("report")
    figures = sys.modules["figures"].Figures()
    root = store(tmp_path / "data", [call(n, at_s=n) for n in range(20)]).root
    report.measure_set(figures, root, tmp_path / "set", 1.0)
    found = {row["figure"]: row["median"] for row in figures.rows()}
    assert found["files of the set"] == 60
    assert found["bare rendering of the set"] > 0
    assert "goal: whole set in every format, times the limit 60" in " ".join(found)
