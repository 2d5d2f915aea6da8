"""Exporters of answers run in the analysis process, again and again; those that send on run in one of their own."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from otel_cert import forwarding, pipeline, roles
from otel_cert.component import Signal
from otel_cert.config.loader import check, load
from otel_cert.exporters.report import ReportExporter, ReportSettings
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout
from tests.stored import Store, body, chat


class Counting:
    """Counts its runs, and fails on the second."""

    every_s = 10.0

    def __init__(self) -> None:
        self.runs = 0

    def run(self, layout: Layout, _id: str) -> None:
        assert layout.root.is_dir()
        self.runs += 1
        if self.runs == 2:
            raise RuntimeError("the destination is gone")


def test_an_export_runs_once_a_period_and_a_failure_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(roles.time, "monotonic", lambda: clock[0])
    exporter = Counting()
    export = roles.Export(Layout.create(tmp_path), "counting", exporter)
    runs = []
    for clock[0] in (1005.0, 1010.0, 1015.0, 1020.0, 1030.0):
        export.tick()
        runs.append(exporter.runs)
    assert runs == [0, 1, 1, 2, 3]


def test_the_report_of_serve_goes_into_a_folder_of_the_day(tmp_path: Path) -> None:
    exporter = ReportExporter(
        ReportSettings(system_name="S", provider="P", output=tmp_path / "reports", documents=("monitoring_report",))
    )
    store = Store(tmp_path / "data")
    exporter.run(store.layout, "report")
    assert not (tmp_path / "reports").exists()  # nothing is stored yet
    store.send(body(chat(1)))
    store.seal()
    exporter.run(store.layout, "report")
    (folder,) = (tmp_path / "reports").iterdir()
    assert folder.name == dt.datetime.now(dt.UTC).date().isoformat()
    assert {path.suffix for path in folder.glob("monitoring_report.*")} == {".docx", ".html"}


FORWARDS = """
exporters:
  otlp/a: {endpoint: "a:4317"}
  otlp/b: {endpoint: "b:4317"}
service:
  pipelines:
    traces: {exporters: [store, otlp/a]}
    analysis: {exporters: [prometheus, otlp/a, otlp/b]}
"""


def test_an_exporter_that_sends_on_gets_the_pipelines_that_name_it() -> None:
    registry = Registry.installed()
    config = check(FORWARDS, registry, {}).config
    assert config is not None
    named = [(id_, signals) for id_, _, signals in pipeline.forwarders(config, registry)]
    assert named == [("otlp/a", [Signal.TRACES, Signal.ANALYSIS]), ("otlp/b", [Signal.ANALYSIS])]
    assert [id_ for id_, _ in pipeline.analysis_exporters(config, registry)] == ["prometheus"]
    assert pipeline.forwarders(load(None, registry), registry) == []


class Ending:
    """Sends nothing: ends when told to, or at once."""

    def __init__(self, at_once: bool) -> None:
        self.at_once, self.ran = at_once, threading.Event()

    def run(self, layout: Layout, id_: str, signals: Sequence[Signal], stop: threading.Event) -> None:
        assert (layout.root.is_dir(), id_, signals) == (True, "ending", [Signal.LOGS])
        self.ran.set()
        if not self.at_once:
            stop.wait()


@pytest.mark.parametrize("at_once", [False, True])
def test_the_process_ends_when_an_exporter_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    exporter = Ending(at_once)
    monkeypatch.setattr(pipeline, "forwarders", lambda *_: [("ending", exporter, [Signal.LOGS])])
    process = forwarding.Forwarding(Layout.create(tmp_path), load(None), Registry.installed())
    assert exporter.ran.wait(60)
    if at_once:
        process.finish()
        with pytest.raises(RuntimeError, match="exporter ending ended"):
            process.tick()
    else:
        process.tick()
        process.finish()
