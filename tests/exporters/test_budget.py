"""The exporter `budget`: its settings, and how it delivers, in this process."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from otel_cert.costs import Budget
from otel_cert.costs.budget.journal import Journal, read
from otel_cert.errors import ConfigError, UsageError
from otel_cert.exporters._webhook import Delivery, Undelivered, Webhook, WebhookSettings
from otel_cert.exporters.budget import BudgetExporter, BudgetSettings, configured
from otel_cert.store.layout import Layout
from tests.calls import call, cost, store
from tests.cli.serving import eventually
from tests.costs.budget.test_alerts import DAILY, spent
from tests.exporters.forwarding import closed_port
from tests.exporters.hooks import hook

LONG = "36500d"
"""The events of these tests are noticed long ago."""
QUICKLY = {"initial_interval": "10ms", "max_interval": "20ms"}


@pytest.fixture
def server():
    with hook() as running:
        yield running


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "budget.json")
    journal.update(spent(DAILY, "9"), DAILY, deliver=True)
    return journal


def states(path):
    return [(entry.state, entry.attempts, entry.problem) for entry in read(path).entries]


def test_events_are_posted_as_json_with_their_id_and_headers(server, journal):
    settings = WebhookSettings(url=server.url, headers={"Authorization": "Bearer s3cret"}, max_age=LONG)
    Delivery(settings, journal).deliver()
    events = server.taken()
    assert [(one["event"], one["level"], one["budget"], one["spent"]) for one in events] == [
        ("raised", 60, "daily", "9.000000000000000000"),
        ("raised", 80, "daily", "9.000000000000000000"),
    ]
    for _, headers, body in server.requests:
        assert headers["Idempotency-Key"] == body["id"]
        assert headers["Authorization"] == "Bearer s3cret"
        assert headers["Content-Type"] == "application/json"
    Delivery(settings, journal).deliver()
    assert len(server.requests) == 2, "what was taken is not sent again"


def test_what_fails_waits_and_comes_again_with_the_same_id(server, journal, tmp_path):
    server.answers = [503, 200]
    delivery = Delivery(WebhookSettings(url=server.url, max_age=LONG), journal)
    with pytest.raises(Undelivered, match="1 events wait, the last because of: status 503"):
        delivery.deliver()
    assert states(tmp_path / "budget.json") == [("waiting", 1, "status 503"), ("delivered", 1, None)]
    Delivery(WebhookSettings(url=server.url, max_age=LONG), Journal(tmp_path / "budget.json")).deliver()
    assert states(tmp_path / "budget.json") == [("delivered", 2, None), ("delivered", 1, None)]
    first, _, again = (body["id"] for _, _, body in server.requests)
    assert first == again


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500])
def test_anything_but_success_is_a_failure_and_no_redirect_is_followed(server, journal, status):
    server.answers = [status, status]
    with pytest.raises(Undelivered, match=f"status {status}"):
        Delivery(WebhookSettings(url=server.url, max_age=LONG), journal).deliver()
    assert len(server.requests) == 2


def test_a_failure_names_neither_the_url_nor_a_header(journal):
    url = f"http://127.0.0.1:{closed_port()}/path-secret"
    with pytest.raises(Undelivered) as caught:
        Webhook(WebhookSettings(url=url, headers={"X": "s3cret"})).send(journal.waiting()[0])
    assert caught.value.args == ("NewConnectionError",)
    assert caught.value.__cause__ is None


def test_what_cannot_be_delivered_for_long_is_given_up(server, journal, tmp_path):
    server.answers = [503, 503]
    age = datetime.now(UTC) - journal.waiting()[0].at
    with pytest.raises(Undelivered):
        Delivery(WebhookSettings(url=server.url, max_age=(age + timedelta(days=1)).total_seconds()), journal).deliver()
    server.answers = [503, 503]
    Delivery(WebhookSettings(url=server.url, max_age=age.total_seconds() - 1), journal).deliver()
    assert states(tmp_path / "budget.json") == [("given_up", 2, "status 503")] * 2


def test_the_exporter_never_waits_for_the_webhook(server, tmp_path):
    layout = store(tmp_path, [call(1) | {"start_unix_ns": time.time_ns() - 10**9}], [cost(1, "7")])
    server.answers = [503] * 3
    webhook = {"url": server.url} | QUICKLY
    exporter = BudgetExporter(BudgetSettings(budgets={"all": Budget(amount=10)}, webhook=webhook))
    exporter.run(layout, "budget/a")
    exporter.run(layout, "budget/a")
    eventually(lambda: [one["level"] for one in server.taken()], [60])
    eventually(lambda: states(layout.budgets("budget/a")), [("delivered", 4, None)])
    exporter.run(layout, "budget/a")
    assert len(server.requests) == 4


def test_without_a_url_changes_are_kept_and_nothing_is_sent(tmp_path):
    layout = store(tmp_path, [call(1) | {"start_unix_ns": time.time_ns() - 10**9}], [cost(1, "7")])
    BudgetExporter(BudgetSettings(budgets={"all": Budget(amount=10)})).run(layout, "budget")
    assert states(layout.budgets("budget")) == [("kept", 0, None)]


def test_nothing_is_told_before_the_first_data(tmp_path):
    layout = Layout.create(tmp_path)
    BudgetExporter(BudgetSettings(budgets={"all": Budget(amount=10)})).run(layout, "budget")
    assert layout.all_budgets() == []


@pytest.mark.parametrize("url", ["ftp://host/", "host/path", "http://", "http://user:s3cret@host/", "http://host:0x/"])
def test_a_url_that_cannot_be_posted_to_is_refused_without_showing_it(url):
    with pytest.raises(ValidationError) as caught:
        WebhookSettings(url=url)
    assert "s3cret" not in caught.value.errors()[0]["msg"]


def test_the_settings_show_no_secret():
    settings = BudgetSettings(webhook={"url": "https://host/s3cret", "headers": {"X": "s3cret"}})
    assert "s3cret" not in repr(settings) + settings.model_dump_json()


def test_a_file_of_budgets_is_checked_with_lines_and_paths(tmp_path):
    file = tmp_path / "budgets.yaml"
    file.write_text("budgets:\n  all: {amount: 5}\n  web:\n    parent: al\n    amount: 1\n")
    with pytest.raises(ConfigError, match=r"line 1: budgets: web.parent: 'al' is no budget; valid: all, web"):
        configured(None, file)
    file.write_text("budgets:\n  all:\n    amount: 5\n    windw: day\n")
    with pytest.raises(ConfigError, match=r"line 4: budgets.all.windw: unknown key; did you mean 'window'\?"):
        configured(None, file)


def test_two_exporters_cannot_have_budgets_of_one_name(tmp_path):
    config = tmp_path / "config.yaml"
    one = "{budgets: {all: {amount: 5}}}"
    config.write_text(f"exporters: {{budget: {one}, budget/b: {one}}}\n")
    with pytest.raises(UsageError, match="two exporters have a budget 'all'"):
        configured(config, None)
    config.write_text(f"exporters: {{budget: {one}}}\n")
    assert list(configured(config, None)["budget"].budgets) == ["all"]


def test_no_budget_says_where_to_write_one():
    with pytest.raises(UsageError, match="there is no budget") as caught:
        configured(None, None)
    assert "exporters.budget.budgets" in caught.value.hint
