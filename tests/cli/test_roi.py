import csv
import io
import json

import pytest

from tests.calls import some, store


@pytest.fixture
def data_dir(tmp_path):
    return store(tmp_path, *some()).root


def test_the_table_says_what_the_figures_rest_on(run, data_dir):
    result = run("roi", "--value-per-task", "2.50", "--investment", "1000", "--data-dir", data_dir)
    assert result.exit_code == 0
    rows = {line.split("  ")[0]: line.split()[-2:] for line in result.stdout.splitlines()}
    assert rows["net"] == ["29.9800", "USD"]
    assert rows["payback, days"][-1] == "3"
    said = result.stderr.splitlines()
    assert said[0].startswith("14 of 14 calls, all stored calls; snapshot 1, evidence ")
    assert said[1:] == [
        "success: error_type IS NULL AND error_class IS NULL",
        "3 of 14 calls unpriced: no_tokens 2, no_price 1",
        "also spent, and not added: 0.500000 EUR",
        "so the spend is a lower bound, net and ROI upper bounds",
    ]


def test_a_sample_says_how_much_is_known(run, data_dir):
    known = "CASE WHEN input_tokens_total > 0 THEN true END"
    result = run("roi", "--value-per-task", "1", "--success", known, "--task", "trace", "--data-dir", data_dir)
    assert f"success: {known}, by the last known call of a trace" in result.stderr
    assert "success is known for 12 of 14 tasks" in result.stderr
    assert "Wilson" in result.stderr


def test_json_is_the_model_and_csv_its_figures(run, data_dir):
    asked = ("roi", "--value-per-task", "2.50", "--data-dir", data_dir, "--format")
    found = json.loads(run(*asked, "json").stdout)
    assert (found["spend"], found["net"], found["other_currencies"]) == (
        0.02,
        {"value": 29.98, "low": None, "high": None},
        {"EUR": 0.5},
    )
    rows = {row["figure"]: row for row in csv.DictReader(io.StringIO(run(*asked, "csv").stdout))}
    assert float(rows["net"]["value"]) == 29.98
    assert rows["net"]["low"] == ""


def test_an_empty_window_says_what_the_store_holds(run, data_dir):
    result = run("roi", "--value-per-task", "1", "--since", "2027-01-01", "--format", "json", "--data-dir", data_dir)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["spend"] is None
    assert "The store holds 14 calls" in result.stderr


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "x"])
def test_an_amount_is_a_positive_number(run, data_dir, amount):
    result = run("roi", f"--value-per-task={amount}", "--data-dir", data_dir)
    assert result.exit_code == 2
    assert "write e.g. 2.50" in result.stderr


def test_a_bad_predicate_is_wrong_usage(run, data_dir):
    result = run("roi", "--value-per-task", "1", "--success", "eror_type IS NULL", "--data-dir", data_dir)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Binder Error" in result.stderr
    assert "columns: trace_id" in result.stderr
