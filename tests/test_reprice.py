"""Pricing again: what would change is shown first, the old costs stay readable, and doing it twice changes nothing."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect
from tests.calls import START_NS, call, cost, store

MINI = {"provider": "openai", "request_model": "gpt-4o-mini", "operation": "chat", "tokens_source": "reported"}
TOKENS = {"input_tokens_total": 1_000_000, "output_tokens_total": 100_000}
"""0.21 USD by the list."""
DAY_S = 86_400


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    calls = [call(n, at_s=n * DAY_S, **MINI, **TOKENS) for n in range(3)]
    calls += [call(3, at_s=3 * DAY_S, **MINI | {"request_model": "my-llama"}, **TOKENS)]
    calls += [call(4, at_s=3 * DAY_S, **MINI)]
    stale = [cost(n, "31.50") for n in range(2)]  # gpt-4o-mini at the price of gpt-4
    good = cost(2, "0.21")
    unpriced = [cost(3, None, reason="no_price"), cost(4, None, reason="no_tokens")]
    return store(tmp_path / "data", calls, [*stale, good, *unpriced]).root


def run(*args: object) -> tuple[list[dict[str, object]], str]:
    done = CliRunner().invoke(cli, ["reprice", "--format", "json", *map(str, args)], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def total(data_dir: Path, snapshot: int | None = None) -> Decimal:
    with connect(data_dir, snapshot=snapshot) as con:
        return con.sql("SELECT sum(total_cost) FROM costs").fetchall()[0][0]


def test_a_dry_run_shows_the_difference_and_writes_nothing(data_dir: Path):
    rows, said = run("--data-dir", data_dir, "--dry-run")
    by_model = {(r["model"], r["new_currency"]): r for r in rows}
    mini = by_model["gpt-4o-mini", "USD"]
    assert (mini["calls"], mini["changed_calls"]) == (3, 2)
    assert (mini["old_cost"], mini["new_cost"], mini["difference"]) == (63.21, 0.63, -62.58)
    assert "5 calls priced again, 2 with another cost\nnothing was written" in said
    assert total(data_dir) == Decimal("63.21")


def test_the_old_costs_stay_readable_and_doing_it_again_changes_nothing(data_dir: Path):
    _, said = run("--data-dir", data_dir)
    assert "before: snapshot 1, kept for ever; after: snapshot 2" in said
    assert total(data_dir) == Decimal("0.63")
    assert total(data_dir, snapshot=1) == Decimal("63.21")
    rows, said = run("--data-dir", data_dir)
    assert {row["changed_calls"] for row in rows} == {0}
    assert "nothing was written" in said


def test_only_traces_with_a_call_in_the_window_are_priced(data_dir: Path):
    run("--data-dir", data_dir, "--since", "2026-01-02", "--until", "2026-01-03")
    assert START_NS // 10**9 % DAY_S == 0
    assert total(data_dir) == Decimal("31.50") + 2 * Decimal("0.21")


def test_a_price_book_prices_what_had_no_price_in_its_own_currency(data_dir: Path, tmp_path: Path):
    book, config = tmp_path / "book.yaml", tmp_path / "otel-cert.yaml"
    book.write_text("currency: EUR\nprices: [{model: my-llama, input: 1, output: 1}]")
    config.write_text(f"processors: {{cost: {{price_book: {book}}}}}")
    rows, _ = run("--data-dir", data_dir, "--config", config)
    llama = next(row for row in rows if row["model"] == "my-llama")
    assert (llama["newly_priced_calls"], llama["new_currency"], llama["new_cost"]) == (1, "EUR", 1.1)
    with connect(data_dir) as con:
        assert con.sql("SELECT price_source, reason FROM costs WHERE currency = 'EUR'").fetchall() == [("user", None)]


def test_without_a_cost_processor_there_is_nothing_to_do(data_dir: Path, tmp_path: Path):
    config = tmp_path / "otel-cert.yaml"
    config.write_text("service: {pipelines: {analysis: {processors: [genai]}}}")
    done = CliRunner().invoke(cli, ["reprice", "--data-dir", str(data_dir), "--config", str(config)])
    assert (done.exit_code, "add `cost` to its processors" in done.stderr) == (2, True)


def test_a_running_service_is_not_written_beside_but_a_dry_run_may_read(data_dir: Path):
    layout = Layout.open(data_dir)
    with lock(layout.lock("analysis"), "analysis"):
        done = CliRunner().invoke(cli, ["reprice", "--data-dir", str(data_dir)])
        assert (done.exit_code, "hint: stop it" in done.stderr) == (1, True)
        rows, _ = run("--data-dir", data_dir, "--dry-run")
    assert rows
    assert total(data_dir) == Decimal("63.21")


def test_an_empty_store_has_nothing_to_price(tmp_path: Path):
    root = store(tmp_path / "data", []).root
    rows, said = run("--data-dir", root)
    assert rows == []
    assert "0 calls priced again" in said
