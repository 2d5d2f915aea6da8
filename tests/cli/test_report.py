import json

import docx
import pytest

from otel_cert.exporters.report import RENDERERS
from otel_cert.report.outline import NAMES
from tests.calls import call, cost, some, store

UNDETERMINED = {"risk_classification", "technical_documentation", "monitoring_report", "audit_trail", "checklist"}
NAMED = ("--system-name", "Helper", "--provider", "Acme")


@pytest.fixture
def data_dir(tmp_path):
    return store(tmp_path / "data", *some()).root


@pytest.fixture
def report(run, data_dir, tmp_path):
    """Write one document and return the result of the command."""

    def write(*args):
        given = (*NAMED, "--output", tmp_path / "out", "--data-dir", data_dir, "--only", "audit_trail")
        return run("report", *given, *args)

    return write


def test_without_answers_the_tier_is_undetermined_and_the_first_documents_are_written(run, data_dir, tmp_path):
    out = tmp_path / "out"
    result = run("report", *NAMED, "--output", out, "--format", "md", "--data-dir", data_dir)
    paths = result.stdout.splitlines()
    assert {path.rpartition("/")[2] for path in paths} >= {f"{name}.md" for name in UNDETERMINED}
    assert all(path.startswith(str(out)) for path in paths)
    assert "14 calls, snapshot 1, " in result.stderr
    assert "statements: " in result.stderr
    assert " open, " in result.stderr
    assert "%" not in result.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["system"], manifest["classification"]) == ("Helper", "undetermined")
    assert run("report", "check", out, "--data-dir", data_dir).exit_code == 0
    assert run("report", "diff", out, out).stdout == ""


def test_every_format_that_is_installed_is_written(report, tmp_path):
    assert report("--quiet").stderr == ""
    assert {p.name for p in (tmp_path / "out").iterdir() if p.stem == "audit_trail"} == {
        f"audit_trail.{ending}" for ending in RENDERERS
    }


def test_word_files_have_the_styles_of_a_template_also_after_approval(report, run, tmp_path):
    own = docx.Document()
    own.styles["Heading 1"].font.name = "Own Font"
    own.save(tmp_path / "own.docx")
    file = tmp_path / "out" / "audit_trail.docx"
    report("--format", "docx", "--template", tmp_path / "own.docx")
    assert docx.Document(file).styles["Heading 1"].font.name == "Own Font"
    approval = ("--name", "A. Person", "--role", "Head of quality", "--with-open-items", "they are known")
    assert run("report", "approve", file, *approval, "--template", tmp_path / "own.docx").exit_code == 0
    approved = docx.Document(file)
    assert approved.styles["Heading 1"].font.name == "Own Font"
    assert "DRAFT" not in approved.sections[0].header.paragraphs[0].text
    (tmp_path / "wrong.docx").write_text("no document")
    refused = report("--format", "docx", "--template", tmp_path / "wrong.docx")
    assert refused.exit_code == 1
    assert "is no Word document" in refused.stderr


def test_only_the_formats_asked_for_are_written(report, tmp_path):
    assert report("--format", "html").stdout == f"{tmp_path / 'out' / 'audit_trail.html'}\n"
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"audit_trail.html", "content", "declared.json", "evidence", "manifest.json"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--format", "html,odt"), "'odt' is not one of docx, pdf, html, md, json"),
        (("--only", "score"), f"valid are: {', '.join(NAMES)}"),
        (("--only", "declaration_of_conformity"), "is not for a system that is classified as undetermined"),
        (("--system", "none.yaml"), "otel-cert init --system none.yaml"),
        (("--system-name", " "), "a name cannot be empty"),
        (("--provider", " "), "a name cannot be empty"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(report, args, said):
    result = report(*args)
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_without_a_folder_it_says_what_is_missing_and_without_names_they_are_open(run, data_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "Missing option '--output'" in run("report").stderr
    result = run("report", "--output", tmp_path / "out", "--data-dir", data_dir, "--format", "json")
    assert result.exit_code == 0
    assert "give --system-name and --provider, or --system FILE" in result.stderr
    assert {p.stem for p in (tmp_path / "out").glob("*.json")} >= {
        "risk_classification", "technical_documentation", "monitoring_report", "audit_trail", "checklist",
    }  # fmt: skip
    said = json.loads((tmp_path / "out" / "technical_documentation.json").read_text())["statements"]
    assert [one["kind"] for one in said if one.get("id") in ("system.name", "provider.name")] == ["open", "open"]


def test_declarations_are_started_filled_in_used_and_approved(run, data_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("init", "--system").exit_code == 0
    assert json.loads((tmp_path / "system.schema.json").read_text())["title"] == "System"
    assert run("init", "--system").exit_code == 2  # it is there
    (tmp_path / "said.txt").write_text("Kept for a year.\n")
    filled = run("report", "fill", "art-19.1", "--file", "said.txt", "--by", "A. Person", "--role", "lead")
    assert filled.exit_code == 0
    again = run("report", "fill", "art-19.1", "--text", "Other.", "--by", "A. Person", "--role", "lead")
    assert (again.exit_code, "--replace" in again.stderr) == (2, True)
    given = ("--output", "out", "--data-dir", data_dir, "--only", "audit_trail", "--format", "md")
    assert run("report", *given).exit_code == 0
    document = tmp_path / "out" / "audit_trail.md"
    assert "Kept for a year" in document.read_text()
    refused = run("report", "approve", "audit_trail", "--set", "out", "--name", "B. Person", "--role", "counsel")
    assert (refused.exit_code, "fields of audit_trail are open" in refused.stderr) == (2, True)
    args = ("--name", "B. Person", "--role", "counsel", "--with-open-items", "A trial.")
    assert run("report", "approve", "out/audit_trail.md", *args).stdout == "out/audit_trail.md\n"
    assert "B. Person" in document.read_text()


def test_a_set_that_was_changed_does_not_hold(run, report, tmp_path):
    report("--format", "md")
    (tmp_path / "out" / "audit_trail.md").write_text("other")
    result = run("report", "check", tmp_path / "out")
    assert result.exit_code == 3
    assert result.stdout == "audit_trail.md was changed after it was written\n"


def test_evidence_is_the_same_until_the_record_is_changed(run, report, data_dir):
    report("--format", "md")
    listed = json.loads(run("evidence", "--data-dir", data_dir, "--format", "json").stdout)
    [identifier] = [row["id"] for row in listed if row["question"] == "summary"]
    [shown] = json.loads(run("evidence", identifier, "--data-dir", data_dir, "--format", "json").stdout)
    assert (shown["verdict"], shown["differences"], shown["rows"][0][0]) == ("same", [], 14)

    path = data_dir / "evidence" / f"{identifier}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rows": [[15, *shown["rows"][0][1:]]]}))
    result = run("evidence", identifier, "--data-dir", data_dir)
    assert result.exit_code == 3
    assert "row 1, calls: 15 recorded, 14 now" in result.stderr


def test_evidence_shows_the_query_and_what_is_different_now(run, report, data_dir):
    report("--format", "md")
    store(data_dir, [call(99)], [cost(99, "1")])
    listed = json.loads(run("evidence", "--data-dir", data_dir, "--format", "json").stdout)
    [identifier] = [row["id"] for row in listed if row["question"] == "summary"]
    result = run("evidence", identifier, "--current", "--data-dir", data_dir)
    assert result.exit_code == 0
    assert "FROM genai_calls" in result.stdout
    assert "asked again at snapshot 1: same" in result.stderr
    assert "row 1, calls: 14 recorded, 15 now" in result.stderr


def test_an_unknown_evidence_id_fails_with_the_next_step(run, data_dir):
    result = run("evidence", "ffffffffffff", "--data-dir", data_dir)
    assert result.exit_code == 1
    assert "list all with `otel-cert evidence`" in result.stderr
    assert "No evidence yet" in run("evidence", "--data-dir", data_dir).stderr


def test_a_long_name_with_control_characters_is_reported(report):
    assert report("--system-name", "long\x01" * 100, "--format", "html").exit_code == 0


def test_a_folder_that_cannot_be_written_is_named(report, tmp_path):
    (tmp_path / "file").touch()
    result = report("--output", tmp_path / "file" / "out", "--format", "md")
    assert result.exit_code == 1
    assert f"{tmp_path / 'file' / 'out'}" in result.stderr
    assert "Not a directory" in result.stderr


def test_an_incident_is_frozen_and_its_copy_checked(run, data_dir, tmp_path):
    system, copy = tmp_path / "system.yaml", tmp_path / "copy"
    system.write_text(
        "{system: {name: S}, provider: {name: P}, incidents: [{id: I-1, what: Wrong., aware: 2026-01-02,"
        f" traces: ['{1:032x}', '{99:032x}']}}]}}"
    )
    given = ("report", "freeze", "I-1", "--output", copy, "--data-dir", data_dir)
    result = run(*given, "--system", system)
    assert result.stdout.splitlines() == [
        str(copy / name) for name in ("genai_calls.parquet", "costs.parquet", "manifest.json")
    ]
    assert "1 trace, 2 rows of 2 tables, snapshot 1" in result.stderr
    assert f"nothing is stored of trace {99:032x}" in result.stderr
    assert run(*given, "--verify").exit_code == 0
    assert run(*given, "--sha256", "0").exit_code == 2
    assert run("report", "freeze", "I-1", "--output", copy, "--verify", "--sha256", "0").exit_code == 3
    (copy / "costs.parquet").write_bytes(b"")
    result = run(*given, "--verify")
    assert result.exit_code == 3
    assert "costs.parquet: its SHA-256 is not that of the manifest" in result.stdout
