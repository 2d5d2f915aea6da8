import csv
import io
import json

import pytest

from otel_cert.store.layout import Layout
from tests.calls import some, store
from tests.exporters.hooks import hook

BUDGETS = """
budgets:
  all: {amount: 0.05, window: year}
  bot: {parent: all, amount: 0.02, services: [bot], window: year}
  each: {amount: 1, per: model, window: year}
"""
AT = ("--at", "2026-01-04")


@pytest.fixture
def data_dir(tmp_path):
    return store(tmp_path / "data", *some()).root


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "budgets.yaml"
    path.write_text(BUDGETS)
    return path


def test_status_is_what_budget_shows(run, data_dir, file):
    shown = run("budget", "--budgets", file, "--data-dir", data_dir, *AT)
    assert shown.exit_code == 0
    assert shown.stdout == run("budget", "status", "--budgets", file, "--data-dir", data_dir, *AT).stdout
    lines = [line.split("  ") for line in shown.stdout.splitlines()]
    rows = {line[0] or line[1]: [cell.strip() for cell in line if cell.strip()] for line in lines}
    assert rows["all"][1:5] == ["0.020000 USD", "0.050000", "40.0 %", "0.030000"]
    assert rows["bot"][6] == "reached"
    assert "each of gpt-4o" in rows
    said = shown.stderr.splitlines()
    assert said[0] == "14 calls before 2026-01-04 00:00:00 UTC; snapshot 1"
    assert "all: 3 of 14 calls unpriced: no_tokens 2, no_price 1; the spend is a lower bound" in said
    assert "all: also spent, and not added: 0.500000 EUR" in said


def test_json_and_csv_have_every_field(run, data_dir, file):
    asked = ("budget", "--budgets", file, "--data-dir", data_dir, *AT, "--format")
    found = json.loads(run(*asked, "json").stdout)
    assert found["snapshot"] == 1
    assert [(one["budget"], one["key"], one["spent"], one["level"]) for one in found["budgets"]] == [
        ("all", None, 0.02, None), ("bot", None, 0.02, 100.0), ("each", "nova", 0, None), ("each", "gpt-4o", 0.02, None),
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(run(*asked, "csv").stdout)))
    assert list(rows[0]) == list(found["budgets"][0])
    assert len(rows) == 4


def test_a_check_fails_with_what_is_crossed(run, data_dir, file):
    asked = ("budget", "check", "--budgets", file, "--data-dir", data_dir, *AT, "--format", "csv")
    failed = run(*asked)
    assert failed.exit_code == 3
    assert [row.split(",")[:4] for row in failed.stdout.splitlines()[1:]] == [
        ["bot", "", "0.020000000000000000", "0.02"]
    ]
    assert "error: 1 of 4 budgets reached 100 %: bot" in failed.stderr
    assert run(*asked, "--level", "40").stderr.endswith("2 of 4 budgets reached 40 %: all, bot\n")
    held = run(*asked, "--level", "101")
    assert (held.exit_code, len(held.stdout.splitlines())) == (0, 1)


def test_a_table_shows_only_so_many_of_a_budget_per_something(run, data_dir, file, monkeypatch):
    monkeypatch.setattr("otel_cert.cli.budget._SHOWN", 1)
    shown = run("budget", "--budgets", file, "--data-dir", data_dir, *AT)
    assert shown.stdout.count("each of ") == 1
    assert "each: 1 more, which --format csv and json show" in shown.stderr


def test_budgets_of_the_configuration(run, data_dir, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("exporters: {budget: {budgets: {all: {amount: 1}}}}\n")
    found = run("budget", "--config", config, "--data-dir", data_dir, "--format", "json")
    assert [one["budget"] for one in json.loads(found.stdout)["budgets"]] == ["all"]


def test_no_budget_and_a_bad_one(run, data_dir, tmp_path):
    nothing = run("budget", "--data-dir", data_dir)
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert "exporters.budget.budgets" in nothing.stderr
    bad = tmp_path / "bad.yaml"
    bad.write_text("budgets: {all: {amount: much}}\n")
    wrong = run("budget", "check", "--budgets", bad, "--data-dir", data_dir)
    assert wrong.exit_code == 4
    assert "line 1: budgets.all.amount" in wrong.stderr


def test_an_empty_store_says_how_to_fill_it(run, tmp_path, file):
    Layout.create(tmp_path / "empty")
    shown = run("budget", "--budgets", file, "--data-dir", tmp_path / "empty")
    assert shown.exit_code == 0
    assert "otel-cert import" in shown.stderr


def test_no_alert_yet_says_who_notes_them(run, data_dir):
    shown = run("budget", "alerts", "--data-dir", data_dir, "--format", "json")
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, [])
    assert "`serve` notes them" in shown.stderr


def test_a_test_is_sent_once_and_says_whether_it_was_taken(run, data_dir, file):
    with hook() as server:
        file.write_text(BUDGETS + f"webhook: {{url: '{server.url}'}}\n")
        asked = ("budget", "test", "bot", "--budgets", file, "--data-dir", data_dir)
        assert run(*asked).exit_code == 0
        server.answers = [401]
        refused = run(*asked)
    assert refused.exit_code == 1
    assert "did not take it: status 401" in refused.stderr
    assert [(body["event"], body["budget"]) for _, _, body in server.requests] == [("test", "bot")] * 2
    assert Layout(data_dir).all_budgets() == []


def test_a_test_needs_a_budget_and_a_url(run, data_dir, file):
    unknown = run("budget", "test", "none", "--budgets", file, "--data-dir", data_dir)
    assert (unknown.exit_code, "valid: all, bot, each" in unknown.stderr) == (2, True)
    no_url = run("budget", "test", "all", "--budgets", file, "--data-dir", data_dir)
    assert (no_url.exit_code, "no URL is configured" in no_url.stderr) == (1, True)
