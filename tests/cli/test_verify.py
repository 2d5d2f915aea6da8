import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli
from tests.stored import Store, body, chat


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "data")
    made.take(body(chat(1)))
    for path in (made.layout.root, *made.layout.root.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return made


def run(*arguments):
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)])


def test_what_holds_is_listed_with_what_was_looked_at(store):
    result = run("--store", "--data-dir", store.layout.root, "--format", "json")
    assert result.exit_code == 0, result.output
    checks = json.loads(result.stdout)
    assert all(c["holds"] and c["found"] == [] for c in checks)
    assert next(c["looked_at"] for c in checks if c["check"] == "table files") == 4


def test_a_finding_says_where_and_what_next_and_the_exit_code_is_3(store):
    (store.layout.sealed).write_text("{")
    result = run("--store", "--data-dir", store.layout.root)
    assert result.exit_code == 3
    assert "FINDING (state): state/sealed.json at byte 1: is no JSON" in result.stdout
    assert "\n  next: " in result.stdout
    assert "checks do not hold: state" in result.stderr


def test_csv_stays_csv(store):
    store.layout.sealed.write_text("{")
    result = run("--store", "--data-dir", store.layout.root, "--format", "csv")
    assert {line.count(",") for line in result.stdout.splitlines()} == {5}
    assert "FINDING" in result.stderr


def test_many_findings_are_counted(store):
    for number in range(30):
        (store.layout.root / f"unknown{number}").touch(mode=0o600)
    result = run("--store", "--data-dir", store.layout.root)
    assert result.exit_code == 0
    assert result.stdout.count("note (unknown files)") == 10
    assert "30 notes" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "verify --store"), (("--store", "--acknowledged", "{file}"), "line 2"), (("--store",), "no otel-cert data")],
)
def test_wrong_usage_says_what_is_right(tmp_path, arguments, said):
    file = tmp_path / "acknowledged"
    file.write_text(f"{1:032x} {1:016x}\nnonsense\n")
    (tmp_path / "data" / ("tables" if "{file}" in arguments else "other")).mkdir(parents=True)
    result = run(*(a.format(file=file) for a in arguments), "--data-dir", tmp_path / "data")
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert "hint: " in result.stderr


def test_the_checker_imports_nothing_of_the_writer():
    code = "import sys, otel_cert.verify; print([m for m in sys.modules if m.startswith(('otel_cert.', 'deltalake'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not any(part in done.stdout for part in ("otel_cert.store", "otel_cert.otlp", "deltalake"))
