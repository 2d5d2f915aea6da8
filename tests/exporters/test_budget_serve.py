"""Budgets watched by a real `serve`: one alert per crossing, through a webhook that fails and a restart."""

import json
import time

import pytest

from tests.cli.serving import ENVIRONMENT, QUICK, Serving, cli, eventually
from tests.exporters.hooks import hook
from tests.stored import body, chat

CONFIG = """
exporters:
  budget:
    every: 200ms
    budgets:
      all: {{amount: 0.000210, window: 30d, levels: [50, 100]}}
      each: {{amount: 0.000084, window: 30d, per: user, levels: [100]}}
    webhook:
      url: {url}
      headers: {{Authorization: "Bearer ${{env:HOOK_TOKEN}}"}}
      initial_interval: 50ms
      max_interval: 100ms
service: {{pipelines: {{analysis: {{exporters: [prometheus, budget]}}}}}}
"""
TOKEN = "hook-token-s3cret"
ONE_CALL = 0.000021
"""What a call of `chat` costs: 100 tokens at 0.15 and 10 at 0.60 USD per million."""


def recent(number, **attributes):
    """Return a call that started a second ago."""
    now_ns = time.time_ns()
    times = {"start_time_unix_nano": now_ns - 10**9, "end_time_unix_nano": now_ns - 10**6}
    return chat(number, **attributes) | times


@pytest.fixture
def server():
    with hook() as running:
        yield running


def told(server):
    """Return the state changes that the webhook took."""
    return sorted((one["budget"], one["key"], one["level"], one["event"]) for one in server.taken())


def test_each_crossing_is_told_exactly_once(tmp_path, server):
    config = QUICK + CONFIG.format(url=server.url)
    server.answers = [503, 503]
    first = Serving(tmp_path, config, environment=ENVIRONMENT | {"HOOK_TOKEN": TOKEN})
    try:
        eventually(lambda: first.get("/readyz")[0], 200)
        assert first.post(body(*(recent(n, user__id="ann") for n in range(1, 5)))) == 200  # 4 of 10 calls' worth
        eventually(lambda: told(server), [("each", "ann", 100, "raised")])
        failed, again, taken = [one["id"] for _, _, one in server.requests]
        assert failed == again == taken
        assert first.post(body(recent(5, user__id="bob"))) == 200
        crossed = [("all", None, 50, "raised"), ("each", "ann", 100, "raised")]
        eventually(lambda: told(server), crossed)
        first.stop()
    finally:
        first.close()
    second = Serving(tmp_path, config, environment=ENVIRONMENT | {"HOOK_TOKEN": TOKEN})
    try:
        eventually(lambda: second.get("/readyz")[0], 200)
        time.sleep(1.5)
        assert told(server) == crossed, "a restart repeats nothing"
        server.answers = [500]
        assert second.post(body(*(recent(n) for n in range(6, 11)))) == 200
        crossed.insert(1, ("all", None, 100, "raised"))
        eventually(lambda: told(server), crossed)
        assert second.get("/readyz")[0] == 200
        second.stop()
    finally:
        second.close()
    assert all(headers["Authorization"] == f"Bearer {TOKEN}" for _, headers, _ in server.requests)
    log = second.log.read_text()
    assert TOKEN not in log
    assert "path-secret" not in log
    listed = json.loads(cli("budget", "alerts", "--data-dir", second.data, "--format", "json").stdout)
    assert [(one["budget"], one["level"], one["state"], one["attempts"]) for one in listed] == [
        ("each", 100, "delivered", 3),
        ("all", 50, "delivered", 1),
        ("all", 100, "delivered", 2),
    ]
    assert [one["spent"] for one in listed] == pytest.approx([4 * ONE_CALL, 5 * ONE_CALL, 10 * ONE_CALL])


def test_a_dead_webhook_stops_neither_the_analysis_nor_the_service(tmp_path, server):
    server.answers = [503] * 1000
    running = Serving(tmp_path, QUICK + CONFIG.format(url=server.url), environment=ENVIRONMENT | {"HOOK_TOKEN": TOKEN})
    try:
        for n in range(1, 11):
            assert running.post(body(recent(n, user__id="ann"))) == 200
        eventually(lambda: len(server.requests) >= 5, True)
        assert running.post(body(recent(11))) == 200
        counted = ("sql", "SELECT count(total_cost) AS n FROM costs", "--format", "csv", "--data-dir", running.data)
        eventually(lambda: cli(*counted).stdout.split(), ["n", "11"])
        running.stop()
    finally:
        running.close()
    assert server.taken() == []
    assert cli("verify", "--store", "--data-dir", running.data).returncode == 0
