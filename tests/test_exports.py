"""Exporters of the analysis pipeline run in the analysis process, again and again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from otel_cert import workers
from otel_cert.exporters.report import ReportExporter, ReportSettings
from otel_cert.store.layout import Layout
from tests.stored import Store, body, chat


class Counting:
    """Counts its runs, and fails on the second."""

    every_s = 10.0

    def __init__(self) -> None:
        self.runs = 0

    def run(self, layout: Layout) -> None:
        assert layout.root.is_dir()
        self.runs += 1
        if self.runs == 2:
            raise RuntimeError("the destination is gone")


def test_an_export_runs_once_a_period_and_a_failure_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(workers.time, "monotonic", lambda: clock[0])
    exporter = Counting()
    export = workers.Export(Layout.create(tmp_path), "counting", exporter)
    runs = []
    for clock[0] in (1005.0, 1010.0, 1015.0, 1020.0, 1030.0):
        export.tick()
        runs.append(exporter.runs)
    assert runs == [0, 1, 1, 2, 3]


def test_the_report_of_serve_goes_into_a_folder_of_the_day(tmp_path: Path) -> None:
    exporter = ReportExporter(ReportSettings(system_name="S", provider="P", output=tmp_path / "reports"))
    store = Store(tmp_path / "data")
    exporter.run(store.layout)
    assert not (tmp_path / "reports").exists()  # nothing is stored yet
    store.send(body(chat(1)))
    store.seal()
    exporter.run(store.layout)
    (folder,) = (tmp_path / "reports").iterdir()
    assert folder.name == dt.datetime.now(dt.UTC).date().isoformat()
    assert {path.suffix for path in folder.iterdir()} == {".docx", ".html"}
