import json

import pytest

from tests.calls import call, cost, some, store


@pytest.fixture
def data_dir(tmp_path):
    return store(tmp_path / "data", *some()).root


@pytest.fixture
def report(run, data_dir, tmp_path):
    """Write a report and return the result of the command."""

    def write(*args):
        given = ("--system-name", "Helper", "--provider", "Acme", "--output", tmp_path / "out", "--data-dir", data_dir)
        return run("report", *given, *args)

    return write


def test_the_paths_are_printed_and_nothing_else(report, tmp_path):
    result = report()
    paths = [str(tmp_path / "out" / f"monitoring-report.{ending}") for ending in ("docx", "html")]
    assert result.stdout.splitlines() == paths
    assert "14 calls, snapshot 1, 9 evidence ids" in result.stderr


def test_only_the_formats_asked_for_are_written(report, tmp_path):
    assert report("--format", "html").exit_code == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["monitoring-report.html"]


def test_an_unknown_format_is_wrong_usage(report):
    result = report("--format", "html,pdf")
    assert result.exit_code == 2
    assert "'pdf' is not one of docx, html" in result.stderr


def test_evidence_is_the_same_until_the_record_is_changed(run, report, data_dir):
    report("--format", "html")
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
    report("--format", "html")
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


@pytest.mark.parametrize("option", ["--system-name", "--provider"])
def test_an_empty_name_is_wrong_usage(report, option):
    result = report(option, " ")
    assert result.exit_code == 2
    assert "a name cannot be empty" in result.stderr


def test_a_long_name_with_control_characters_is_reported(report):
    assert report("--system-name", "long\x01" * 100).exit_code == 0


def test_a_folder_that_cannot_be_written_is_named(report, tmp_path):
    (tmp_path / "file").touch()
    result = report("--output", tmp_path / "file" / "out")
    assert result.exit_code == 1
    assert f"cannot write the report to {tmp_path / 'file' / 'out'}: Not a directory" in result.stderr
