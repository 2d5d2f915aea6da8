"""`anomalies`: the library call as a table, JSON and CSV, and what it rests on."""

import csv
import io
import json

import pytest

from otel_cert.costs import Anomalies
from otel_cert.costs.anomalies import Anomaly
from otel_cert.store.layout import Layout
from tests.calls import call, cost, store

DAY_S = 86_400


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    calls, costs = [], []
    for day in range(22):
        for i, service in enumerate(["web", "bot"] + ["web"] * (4 if day == 20 else 0)):
            n = len(calls) + 1
            calls.append(call(n, at_s=day * DAY_S + i, service_name=service, request_model="m"))
            costs.append(cost(n, None if n == 5 else "1", reason="no_price" if n == 5 else None))
    return store(tmp_path_factory.mktemp("store"), calls, costs).root


def test_the_table_says_what_was_unusual_and_what_stands_out(run, data_dir):
    result = run("anomalies", "--data-dir", data_dir)
    assert result.exit_code == 0, result.stderr
    [line] = [line for line in result.stdout.splitlines() if line.startswith("2026")]
    assert line.split("   ")[0] == "2026-01-21"
    assert "critical" in line
    assert "6.0000 USD" in line
    assert "service web: 100.0 % of the difference, usually 50.0 %" in line
    assert result.stderr.splitlines()[0].startswith("48 of 48 calls, from the first stored call to before ")
    assert result.stderr.splitlines()[1:] == [
        "14 days judged, 1 unusual (score beyond 3.5 against the median of the 28 days before)",
        "not judged: too_little_history 7 (2026-01-01 to 2026-01-07), incomplete 1 (2026-01-22)",
        "1 of 48 calls unpriced: no_price 1",
        "no call is stored after 2026-01-22 00:00:01 UTC: whether there were any is not known",
    ]


def test_json_is_the_model(run, data_dir):
    found = json.loads(run("anomalies", "--data-dir", data_dir, "--format", "json").stdout)
    assert list(found) == list(Anomalies.model_fields)
    [one] = found["anomalies"]
    assert list(one) == list(Anomaly.model_fields)
    assert (one["actual"], one["contributor"]["value"]) == (6, "web")


def test_csv_has_a_line_per_anomaly(run, data_dir):
    [row] = csv.DictReader(io.StringIO(run("anomalies", "--data-dir", data_dir, "--format", "csv").stdout))
    assert set(Anomaly.model_fields) - set(row) == {"contributor", "contributions"}
    assert (row["start"], row["contributor_value"], row["unpriced_calls"]) == ("2026-01-21T00:00:00Z", "web", "0")


def test_groups_filters_and_hours(run, data_dir):
    def asked(*options):
        return json.loads(run("anomalies", "--data-dir", data_dir, "--format", "json", *options).stdout)

    assert [one["key"] for one in asked("--by", "service")["anomalies"]] == ["web"]
    assert asked("--service", "bot")["anomalies"] == []
    assert asked("--service", "bot")["filters"] == {"service": ["bot"]}
    assert asked("--direction", "drop", "--metric", "calls")["anomalies"] == []
    assert [one["start"] for one in asked("--interval", "hour")["anomalies"]] == ["2026-01-21T00:00:00Z"]
    assert asked("--by", "tag:team")["groups"] == 1


def test_a_window_without_calls_says_what_the_store_holds(run, data_dir):
    result = run(
        "anomalies", "--data-dir", data_dir, "--since", "2027-01-01", "--until", "2027-02-01", "--format", "json"
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["anomalies"] == []
    assert (
        "The store holds 48 calls, which started from 2026-01-01 00:00:00 UTC to 2026-01-22 00:00:01" in result.stderr
    )


def test_an_empty_store_says_how_to_fill_it(run, tmp_path):
    Layout.create(tmp_path)
    result = run("anomalies", "--data-dir", tmp_path)
    assert (result.exit_code, "otel-cert import" in result.stderr) == (0, True)


def test_a_group_that_there_is_not_is_wrong_usage(run, data_dir):
    result = run("anomalies", "--data-dir", data_dir, "--by", "colour")
    assert result.exit_code == 2
    assert "tag:KEY" in result.stderr
