"""`otel-cert costs` over the golden week, against sums made without the package."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli

from . import answers

WEEK = ("--since", "2026-11-02", "--until", "2026-11-09")


def costs(data_dir: Path, *args: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, ["costs", "--data-dir", str(data_dir), "--format", "json", *WEEK, *args])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout, parse_float=Decimal)


def amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def test_the_total_says_what_it_rests_on(data_dir: Path):
    week, found = answers.golden(), costs(data_dir, "--by", "total")
    [total] = found["totals"]
    assert (amount(total["cost"]), total["currency"], total["calls"]) == (answers.total(week), "USD", len(week))
    assert total["unpriced_reasons"] == answers.unpriced(week)
    assert found["basis"]["duplicates_removed"] == answers.recorded_twice(week)
    tokens = [call for call in week if call.input is not None]
    assert total["input_tokens"] == sum(call.input or 0 for call in tokens)
    assert total["cached_tokens"] == sum(call.cached for call in tokens)
    assert total["output_tokens"] == sum(call.output or 0 for call in tokens)


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("model", lambda call: call.asked),
        ("provider", lambda call: call.provider),
        ("service", lambda call: call.service),
        ("user", lambda call: call.user),
        ("conversation", lambda call: call.conversation),
        ("operation", lambda call: "embeddings" if "embedding" in call.asked else "chat"),
        ("tag:team", lambda call: call.team),
        ("day", lambda call: f"{call.day:%Y-%m-%d}"),
    ],
)
def test_every_grouping_has_the_sums_of_its_calls(data_dir: Path, by: str, key: Any):
    groups = costs(data_dir, "--by", by)["groups"]
    assert {g["key"]: (g["calls"], amount(g["cost"])) for g in groups} == answers.by(answers.golden(), key)


def test_filters_take_the_calls_that_pass_all_of_them(data_dir: Path):
    wanted = [
        c for c in answers.golden() if c.team == "shop" and c.user in ("user-1", "user-2") and c.asked == "gpt-4.1"
    ]
    filters = ("--tag", "team=shop", "--user", "user-1", "--user", "user-2", "--model", "gpt-4.1")
    [total] = costs(data_dir, *filters)["totals"]
    assert (total["calls"], amount(total["cost"])) == (len(wanted), answers.total(wanted))


def test_the_course_of_the_week_is_the_sum_of_every_day(data_dir: Path):
    [total] = costs(data_dir, "--by", "total", "--trend", "daily")["totals"]
    series = {point["start"][:10]: amount(point["cost"]) for point in total["series"]}
    assert series == dict(answers.daily(answers.golden()))
    assert float(total["daily_mean"]) == pytest.approx(answers.daily_mean(answers.golden()))


def test_the_week_before_is_compared_with(data_dir: Path):
    [total] = costs(data_dir, "--by", "total", "--compare", "previous")["totals"]
    before = answers.week_before()
    assert (total["before"]["calls"], amount(total["before"]["cost"])) == (len(before), answers.total(before))
    now, then = answers.total(answers.golden()), answers.total(before)
    assert float(total["change"]) == pytest.approx(float((now - then) / then))


@pytest.mark.parametrize("days", [1, 3, 7])
def test_the_projection_of_the_month_is_the_same_whatever_window_is_shown(data_dir: Path, days: int):
    """An earlier tool multiplied the sum of the window by 30, whether it was of a day or of a week."""
    since = ("--since", f"2026-11-{9 - days:02d}", "--until", "2026-11-09")
    [month] = costs(data_dir, "--by", "total", *since)["projections"]
    assert (month["month"], amount(month["spent"])) == ("2026-11", answers.total(answers.november()))
    assert float(month["expected"]) == pytest.approx(answers.projected())
    assert month["low"] < month["expected"] < month["high"]


def test_another_currency_is_the_sum_at_its_rate(data_dir: Path):
    [total] = costs(data_dir, "--by", "total", "--currency", "EUR", "--rate", "0.92")["totals"]
    assert (total["currency"], amount(total["cost"])) == ("EUR", answers.total(answers.golden()) * Decimal("0.92"))
