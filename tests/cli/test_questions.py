"""`latency` and `coverage`: one command around one question each."""

import csv
import io
import json

import pytest

from otel_cert.questions import COVERAGE, LATENCY
from otel_cert.store.layout import Layout
from tests.calls import some, store


@pytest.fixture
def data_dir(tmp_path):
    return store(tmp_path, *some()).root


@pytest.mark.parametrize(("verb", "question"), [("latency", LATENCY), ("coverage", COVERAGE)])
def test_json_and_csv_have_every_column(run, data_dir, verb, question):
    columns = [column.name for column in question.columns]
    rows = json.loads(run(verb, "--data-dir", data_dir, "--format", "json").stdout)
    table = list(csv.DictReader(io.StringIO(run(verb, "--data-dir", data_dir, "--format", "csv").stdout)))
    assert list(rows[0]) == columns == list(table[0])
    assert len(rows) == len(table)


def test_numbers_stand_right_and_markdown_is_a_table(run, data_dir):
    lines = run("latency", "--data-dir", data_dir, "--format", "markdown").stdout.splitlines()
    assert len(lines) == 4
    assert len({len(line.split("|")) for line in lines}) == 1
    assert lines[1].startswith("| --- | --- | --: | --: |")
    assert "rate_limit 2" in lines[2]


def test_a_window_without_calls_says_what_the_store_holds(run, data_dir):
    result = run("latency", "--data-dir", data_dir, "--since", "2027-01-01", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert "0 calls, from 2027-01-01 00:00:00 UTC to the last stored call" in result.stderr
    assert "The store holds 14 calls, which started from 2026-01-01 00:00:00 UTC" in result.stderr


def test_an_empty_store_says_how_to_fill_it(run, tmp_path):
    Layout.create(tmp_path)
    result = run("coverage", "--data-dir", tmp_path)
    assert result.exit_code == 0
    assert "otel-cert import" in result.stderr


def test_no_store_is_an_error_with_the_next_step(run, tmp_path):
    result = run("costs", "--data-dir", tmp_path / "none")
    assert result.exit_code == 1
    assert "no otel-cert data in" in result.stderr
