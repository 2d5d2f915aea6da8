"""`otel-cert costs`: what is printed; how it is computed is tests/costs' business."""

import csv
import io
import json
from decimal import Decimal

import pytest

from otel_cert.costs import Spend
from otel_cert.costs.spend import Group
from otel_cert.store.layout import Layout
from tests.calls import DAY_NS, START_NS, call, cost, some, store


@pytest.fixture
def data_dir(tmp_path):
    return store(tmp_path, *some()).root


def test_json_is_the_library_answer(run, data_dir):
    found = json.loads(run("costs", "--data-dir", data_dir, "--format", "json").stdout)
    assert list(found) == list(Spend.model_fields)
    groups = {group["key"]: group for group in found["groups"]}
    assert list(groups["gpt-4o"]) == list(Group.model_fields)
    assert (groups["gpt-4o"]["cost"], groups["gpt-4o"]["unpriced_reasons"]) == (0.02, {"no_tokens": 2})
    assert (groups["nova"]["currency"], groups["nova"]["change"]) == ("EUR", None)


def test_csv_has_a_row_per_group_or_per_point(run, data_dir):
    def rows(*options):
        return list(
            csv.DictReader(io.StringIO(run("costs", "--data-dir", data_dir, "--format", "csv", *options).stdout))
        )

    assert [(row["key"], row["calls"], Decimal(row["cost"])) for row in rows()] == [
        ("nova", "2", Decimal("0.5")),
        ("gpt-4o", "12", Decimal("0.02")),
    ]
    points = rows("--trend", "hourly")
    assert [(row["start"], row["calls"]) for row in points if row["key"] == "gpt-4o"] == [
        (f"2026-01-01T0{hour}:00:00Z", str(calls)) for hour, calls in enumerate((6, 6, 0))
    ]


def test_a_table_has_groups_and_totals_and_stderr_what_they_rest_on(run, data_dir):
    result = run("costs", "--data-dir", data_dir)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    figures = ["12", "1,000", "100", "0.020000", "USD", "100.0", "%", "0.002000", "0.018182", "2"]
    assert [line for line in lines if "USD" in line] == [["openai", "gpt-4o", *figures], ["Total", *figures]]
    assert result.stderr.splitlines()[:2] == [
        "14 calls, all stored calls; snapshot 1",
        "3 of 14 calls unpriced: no_tokens 2, no_price 1",
    ]


@pytest.mark.parametrize(
    "by",
    [
        "model",
        "provider",
        "service",
        "user",
        "conversation",
        "agent",
        "operation",
        "environment",
        "day",
        "total",
        "tag:x",
    ],
)
def test_costs_by_each_group(run, data_dir, by):
    found = json.loads(run("costs", "--by", by, "--data-dir", data_dir, "--format", "json").stdout)
    assert sum(group["calls"] for group in found["groups"]) == 14


def test_trend_comparison_projection_and_rates_are_shown(run, tmp_path):
    calls = [call(n, at_s=3600 * n, provider="p", request_model="m") for n in range(96)]
    store(tmp_path, calls, [cost(n, "1" if n < 48 else "2") for n in range(96)])
    until = ("--until", "2026-01-05", "--since", "2026-01-03", "--data-dir", tmp_path)
    result = run("costs", *until, "--trend", "daily", "--compare", "previous", "--currency", "EUR", "--rate", "0.5")
    assert result.exit_code == 0, result.output
    assert "+100.0 %" in result.stdout
    assert "██" in result.stdout
    assert "48.0000 EUR" in result.stdout
    # 144 USD in four days (24, 24, 48, 48) are 72 EUR; 27 days are left at 18 a day.
    assert "558.0000 EUR" in result.stdout
    assert "Converted at 1 USD = 0.5 EUR" in result.stderr
    assert "Before: 48 calls from 2026-01-01 00:00:00 UTC to before 2026-01-03 00:00:00 UTC" in result.stderr


def test_a_window_without_calls_says_what_the_store_holds(run, data_dir):
    result = run("costs", "--data-dir", data_dir, "--since", "2027-01-01", "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["groups"], found["totals"], found["projections"]) == (0, [], [], [])
    assert "No calls in this window; the store holds calls from 2026-01-01 00:00:00 UTC to" in result.stderr
    filtered = run("costs", "--data-dir", data_dir, "--service", "none")
    assert "No calls that pass the filters" in filtered.stderr


def test_an_empty_store_says_how_to_fill_it(run, tmp_path):
    Layout.create(tmp_path)
    result = run("costs", "--data-dir", tmp_path)
    assert (result.exit_code, "otel-cert import" in result.stderr) == (0, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--by", "continent"), "tag:KEY"),
        (("--compare", "previous"), "--since 7d"),
        (("--rate", "1"), "--currency EUR --rate 0.92"),
        (("--currency", "EUR"), "--rates rates.yaml"),
        (("--currency", "EUR", "--rate", "zero"), "'zero' is no number"),
        (("--by", "day", "--trend", "daily"), "a trend already"),
    ],
)
def test_wrong_usage_says_what_to_write(run, data_dir, options, said):
    result = run("costs", "--data-dir", data_dir, *options)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_a_small_model_is_not_priced_as_the_large_one_whose_name_it_begins_with(run, tmp_path):
    """From requests as received to the printed amount: a peer priced gpt-4o-mini as gpt-4."""

    def attribute(key, **value):
        return {"key": key, "value": value}

    spans = [
        {
            "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": f"chat {model}", "kind": 3,
            "startTimeUnixNano": str(START_NS - 30 * DAY_NS), "endTimeUnixNano": str(START_NS - 30 * DAY_NS + 10**9),
            "attributes": [
                attribute("gen_ai.operation.name", stringValue="chat"),
                attribute("gen_ai.provider.name", stringValue="openai"),
                attribute("gen_ai.request.model", stringValue=model),
                attribute("gen_ai.response.model", stringValue=model),
                attribute("gen_ai.usage.input_tokens", intValue="1000000"),
                attribute("gen_ai.usage.output_tokens", intValue="1000000"),
            ],
        }
        for number, model in ((1, "gpt-4o-mini"), (2, "gpt-4"))
    ]  # fmt: skip
    request = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]}
    recorded, data = tmp_path / "recorded.traces.json", tmp_path / "data"
    recorded.write_text(json.dumps(request))
    assert run("import", recorded, "--data-dir", data).exit_code == 0
    found = json.loads(run("costs", "--data-dir", data, "--format", "json").stdout)
    # OpenAI's list: gpt-4 30 and 60 USD, gpt-4o-mini 0.15 and 0.60 USD a million tokens.
    assert {group["key"]: group["cost"] for group in found["groups"]} == {"gpt-4": 90.0, "gpt-4o-mini": 0.75}
