from pathlib import Path

import pytest
from pydantic import ValidationError

from otel_cert.errors import NotFound
from otel_cert.exporters.report import FACTORY, ReportExporter, ReportSettings, renderers
from otel_cert.report import evidence
from otel_cert.report.approve import approve
from otel_cert.report.folder import Folder
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from tests.calls import START_NS, call, cost, some, store


def exporter(output: Path, **settings: object) -> ReportExporter:
    given = {
        "system_name": "Helper",
        "provider": "Acme",
        "output": output,
        "documents": ["monitoring_report"],
        "formats": ["md"],
    }
    made = FACTORY.create(FACTORY.config.model_validate(given | settings))
    assert isinstance(made, ReportExporter)
    return made


def test_a_report_pins_its_snapshot_and_every_id_in_it_resolves(tmp_path: Path):
    layout = store(tmp_path / "data", *some())
    written = exporter(tmp_path / "out" / "deep", formats=["docx", "html"]).export(layout)
    assert [p.name for p in written.paths] == ["monitoring_report.docx", "monitoring_report.html"]
    assert (written.snapshot, written.calls) == (1, 14)
    assert [s.number for s in snapshots.pinned(layout)] == [1]
    page = written.paths[1].read_text()
    for identifier in written.evidence_ids:
        record = evidence.load(layout, identifier)
        assert identifier in page
        assert evidence.differences(record, evidence.ask_again(layout, record)) == []


def test_one_changed_row_changes_the_figure_and_the_old_id_keeps_the_old_value(tmp_path: Path):
    layout = store(tmp_path / "data", *some())
    old = exporter(tmp_path / "old").export(layout)
    store(layout.root, [call(99, provider="openai", request_model="gpt-4o")], [cost(99, "1.5")])
    new = exporter(tmp_path / "new").export(layout)
    assert "1.5200" in new.paths[0].read_text()
    assert "1.5200" not in old.paths[0].read_text()
    assert not set(old.evidence_ids) & set(new.evidence_ids)
    records = [evidence.load(layout, identifier) for identifier in old.evidence_ids]
    assert all(evidence.ask_again(layout, record) == record.result for record in records)


def test_a_window_limits_the_report(tmp_path: Path):
    layout = store(tmp_path / "data", *some())
    written = exporter(tmp_path).export(layout, since_ns=START_NS, until_ns=START_NS + 601 * 10**9)
    assert written.calls == 2


def test_a_store_without_anything_is_no_report(tmp_path: Path):
    with pytest.raises(NotFound, match="nothing is stored"):
        exporter(tmp_path / "out").export(Layout.create(tmp_path / "data"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"formats": ["odt"]}, {"formats": []}, {"system_name": ""}, {"provider": None}, {"colour": "red"},
     {"documents": ["score"]}, {"language": "xx"}],
)  # fmt: skip
def test_wrong_settings_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        ReportSettings.model_validate({"system_name": "a", "provider": "b"} | wrong)


def test_a_file_of_declarations_names_the_system():
    assert ReportSettings(system=Path("system.yaml")).system_name is None


def test_the_versions_of_a_day_go_on_from_the_newest_earlier_day(tmp_path: Path):
    layout = store(tmp_path / "data", *some())
    for day, name in (("2020-01-01", "Helper"), ("2020-01-02", "Helper of 2020"), ("no day", "Nobody")):
        exporter(tmp_path / "sets" / day, system_name=name).export(layout)
    before = Folder(tmp_path / "sets" / "2020-01-02")
    kept = before.manifest.read_bytes()
    exporter(tmp_path / "sets", window=3e8).run(layout, "report")
    [today] = [path for path in (tmp_path / "sets").iterdir() if path.name > "2020-01-02" and path.name[0] == "2"]
    entry = Folder(today).read().documents["monitoring_report"]
    assert entry.previous_version == before.read().documents["monitoring_report"].version == "1.0.0"
    assert entry.version == "1.0.1"  # what is measured is of another window; no outline, and nothing that persons said
    assert before.manifest.read_bytes() == kept


def test_content_that_is_the_same_in_another_folder_keeps_its_version_and_approval(tmp_path: Path):
    layout = store(tmp_path / "data", *some())
    exporter(tmp_path / "a").export(layout)
    approve(Folder(tmp_path / "a"), "monitoring_report", who="A. Person", role="quality lead",
            renderers=renderers(["md"]), with_open_items="a test")  # fmt: skip
    exporter(tmp_path / "b").export(layout, after=tmp_path / "a")
    [old, new] = [Folder(tmp_path / name).read().documents["monitoring_report"] for name in "ab"]
    assert (new.version, new.previous_version, new.approvals) == (old.version, None, old.approvals)
    assert new.approvals
    assert "DRAFT" not in (tmp_path / "b" / "monitoring_report.md").read_text()
