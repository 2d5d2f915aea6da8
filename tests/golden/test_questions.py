"""Anomalies, savings, returns and budgets over the golden week, against what the facts say."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli

from . import answers, traffic

WEEK = ("--since", "2026-11-02", "--until", "2026-11-09")


def ask(data_dir: Path, *args: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*args, "--data-dir", str(data_dir), "--format", "json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout, parse_float=Decimal)


def test_the_one_day_that_stands_out_is_the_spike(data_dir: Path):
    found = ask(data_dir, "anomalies", *WEEK)
    [day] = found["anomalies"]
    assert (day["start"][:10], day["direction"]) == (f"{traffic.SPIKE_DAY:%Y-%m-%d}", "spike")
    assert Decimal(day["actual"]) == dict(answers.daily(answers.golden()))["2026-11-05"]
    assert any(c["value"] == "gpt-4.1" for c in day["contributions"])


def test_the_spike_is_found_in_its_service_and_nowhere_else(data_dir: Path):
    found = ask(data_dir, "anomalies", *WEEK, "--by", "service")
    assert {(a["key"], a["start"][:10]) for a in found["anomalies"]} == {("web", "2026-11-05")}


def test_savings_never_exceed_the_spend_and_repeated_requests_are_counted_once(data_dir: Path):
    found = ask(data_dir, "optimize", *WEEK)
    amounts = [Decimal(saving["amount"]) for saving in found["savings"]]
    assert all(amount >= 0 for amount in amounts)
    assert sum(amounts) <= answers.total(answers.golden())
    [repeated] = [saving for saving in found["savings"] if saving["kind"] == "repeated"]
    assert Decimal(repeated["alone"]) == answers.repeated(answers.golden())


def test_a_cheaper_model_costs_its_own_price_at_the_same_tokens(data_dir: Path):
    savings = ask(data_dir, "optimize", *WEEK, "--candidate", "openai/gpt-4o-mini")["savings"]
    [change] = [s for s in savings if s["kind"] == "models" and s["variant"] == "openai/gpt-4o-mini"]
    dear = [call for call in answers.golden() if call.asked == "gpt-4.1" and call.answered]
    assert (change["calls"], Decimal(change["alone"])) == (len(dear), answers.saved_by(dear, "gpt-4o-mini"))
    assert (Decimal(change["low"]), change["confidence"]) == (0, "low"), "nobody has evaluated the two"


@pytest.mark.parametrize("worth", ["0.05", "2.50"])
def test_the_return_is_value_less_spend(data_dir: Path, worth: str):
    found, week = ask(data_dir, "roi", *WEEK, "--value-per-task", worth), answers.golden()
    succeeded, spend = sum(call.answered is not None for call in week), answers.total(week)
    assert (found["tasks"], found["known_successes"], Decimal(found["spend"])) == (len(week), succeeded, spend)
    net = succeeded * Decimal(worth) - spend
    assert Decimal(found["net"]["value"]) == net
    assert float(found["roi"]["value"]) == pytest.approx(float(net / spend))
    assert float(found["cost_per_success"]["value"]) == pytest.approx(float(spend / succeeded))


def test_a_budget_for_each_user_is_crossed_by_those_who_spent_it(data_dir: Path, tmp_path: Path):
    budgets = tmp_path / "budgets.yaml"
    budgets.write_text(
        "budgets:\n  all: {amount: 100}\n  users: {amount: 0.30, per: user, parent: all, window: month}\n"
    )
    at = ("--budgets", str(budgets), "--at", "2026-11-09")
    spent = {user: amount for user, (_, amount) in answers.by(answers.november(), lambda call: call.user).items()}
    found = {b["key"]: b for b in ask(data_dir, "budget", "status", *at)["budgets"]}
    assert {user: Decimal(found[user]["spent"]) for user in spent} == spent
    assert Decimal(found[None]["spent"]) == answers.total(answers.november())
    over = {user for user, amount in spent.items() if amount >= Decimal("0.30")}
    assert over
    assert over != spent.keys()
    crossed = CliRunner().invoke(cli, ["budget", "check", *at, "--data-dir", str(data_dir)])
    assert crossed.exit_code == 3
    assert all((user in crossed.stdout) == (user in over) for user in spent)
