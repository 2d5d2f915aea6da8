"""`optimize`: what is printed, and where."""

import csv
import io
import json

import pytest

from otel_cert.store.layout import Layout
from tests.calls import store
from tests.costs.optimize.shop import Till, content


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Return a store of calls with real models, priced by the installed list: 2.50 and 10 USD per million tokens."""
    from decimal import Decimal

    till = Till()
    for _ in range(5):
        till.add(**content("Same?") | {"request_model": "gpt-4o"}, request_params='{"temperature":0}', output=100)
    for row in till.costs:
        parts = {"input_cost": Decimal("0.0025"), "output_cost": Decimal("0.001"), "total_cost": Decimal("0.0035")}
        row |= parts | {"price_id": "openai/gpt-4o", "cache_read_cost": None, "cache_write_cost": None}
    till.calls.append(till.calls[0] | {"span_id": "f" * 16, "trace_id": "f" * 32})
    return store(tmp_path_factory.mktemp("store"), till.calls, till.costs).root


def test_the_table_says_what_saves_how_much_and_what_to_check(run, data_dir):
    result = run("optimize", "--data-dir", data_dir)
    assert result.exit_code == 0, result.output
    first, second = [line.split() for line in result.stdout.splitlines() if line[:1].isdigit() and " USD " in line]
    assert first[0] == "1"
    assert " ".join(first).startswith(
        "1 Answer repeated requests from a store: same answer expected web / chat / gpt-4o"
    )
    assert first[-8:] == ["0.014000", "USD", "80.0", "%", "0.014000", "0.014000", "0.014000", "4", "high"][-8:]
    # A fifth of 0.0175 is left; gpt-4o-mini costs 0.15 and 0.60 per million: 0.00021 instead of 0.0035.
    assert "Cheaper model: openai/gpt-4o-mini" in " ".join(second)
    assert "0.003290" in second
    assert "Check: Keep answers in a store of your own" in result.stdout
    assert result.stderr.splitlines()[:3] == [
        "6 calls, all stored calls; snapshot 1",
        "Savings together: 0.017290 of 0.017500 USD (98.8 %), of 5 priced calls",
        "1 of 6 calls unpriced: not_processed 1",
    ]


def test_json_has_everything_with_the_sql(run, data_dir):
    advice = json.loads(run("optimize", "--data-dir", data_dir, "--format", "json").stdout)
    assert advice["spend"] == [{"currency": "USD", "calls": 5, "cost": 0.0175, "saved": 0.01729}]
    assert [s["kind"] for s in advice["savings"]] == ["repeated", "models"]
    assert "WITH priced AS" in advice["queries"][0]["sql"]


def test_csv_has_a_row_per_saving(run, data_dir):
    rows = list(csv.DictReader(io.StringIO(run("optimize", "--data-dir", data_dir, "--format", "csv").stdout)))
    assert [(r["kind"], r["model"], float(r["amount"])) for r in rows] == [
        ("repeated", "gpt-4o", 0.014),
        ("models", "gpt-4o", 0.00329),
    ]


def test_the_sql_is_printed_with_its_parameters(run, data_dir):
    out = run("optimize", "--data-dir", data_dir, "--sql", "--within", "2h").stdout
    assert "-- savings_repeated, evidence " in out
    assert "--   $within_ns = 7200000000000" in out


def test_rows_beyond_the_limit_are_summed(run, data_dir):
    out = run("optimize", "--data-dir", data_dir, "--limit", "1", "--format", "markdown").stdout
    assert "| 1 others (--limit) |  | 0.003290 USD | 18.8 % |" in out


def test_nothing_found_says_what_was_looked_for(run, data_dir):
    result = run("optimize", "--data-dir", data_dir, "--service", "nobody", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)["savings"]) == (0, [])
    assert "0 calls" in result.stderr
    assert "The store holds 6 calls" in result.stderr


def test_an_empty_store_says_how_to_fill_it(run, tmp_path):
    Layout.create(tmp_path)
    result = run("optimize", "--data-dir", tmp_path)
    assert result.exit_code == 0
    assert "otel-cert import" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--within", "soon"], "is no duration"),
        (["--within", "0s"], "from 1 s to 366 d"),
        (["--candidate", "openai/gpt-0"], "the price list has no model 'openai/gpt-0'"),
        (["--margin", "2"], "--margin"),
    ],
)
def test_wrong_usage(run, data_dir, options, said):
    result = run("optimize", "--data-dir", data_dir, *options)
    error = str(result.exception) if result.exit_code == 1 else result.stderr
    assert said in error + result.stderr
