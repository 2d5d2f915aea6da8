"""Answers are scored by `serve` in a process of its own, beside real senders; killed, it goes on where it was."""

import json
import os
import signal
import subprocess
import time

import pytest

from tests.processors.truth import CAPTURES
from tests.scored import PACKAGE, RIVER, rag

from .serving import ENVIRONMENT, QUICK, Serving, ask, cli, eventually

LOIRE = "The Loire is 1006 kilometres long."
CONFIG = """
processors:
  accuracy: {method: overlap, method_settings: {seconds: 0.02}}
service:
  pipelines: {analysis: {processors: [genai, cost, accuracy]}}
"""
ABROAD = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(filter(None, (ENVIRONMENT.get("PYTHONPATH"), str(PACKAGE))))}


@pytest.fixture
def running(tmp_path):
    service = Serving(tmp_path, QUICK + CONFIG, environment=ABROAD)
    try:
        eventually(lambda: service.get("/readyz")[0], 200)
        yield service
    finally:
        service.close()


def scoring(service) -> int:
    """Return the process id of the scoring once it runs."""
    found: list[int] = []

    def look() -> bool:
        listed = subprocess.run(["ps", "-axwwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        fields = [line.split(None, 2) for line in listed.splitlines()]
        found[:] = [
            int(n) for n, parent, args in fields if int(parent) == service.process.pid and args.endswith(" scoring")
        ]
        return bool(found)

    eventually(look, True)
    return found[0]


def test_recorded_and_made_requests_are_scored_through_kills(running):
    for path in sorted(CAPTURES.glob("openinference-langchain/rag_a.traces*.pb")):
        assert running.post(path.read_bytes()) == 200
    for number in range(1, 61):
        assert running.post(rag(number, f"{RIVER} {number}.", LOIRE)) == 200
        if number % 20 == 0:
            time.sleep(0.5)
            os.kill(scoring(running), signal.SIGKILL)
            eventually(lambda: running.get("/readyz")[0], 200)
    eventually(lambda: ask(running.data, "SELECT count(*) FROM support WHERE score_value IS NOT NULL"), [(61,)])
    made = "FROM {} JOIN genai_calls USING (trace_id, span_id) WHERE service_name = 'shop'"
    # Of 6, 4 and 1 words the context has 6, 1 and none.
    assert ask(running.data, f"SELECT DISTINCT round(score_value, 4), context_sources {made.format('support')}") == [
        (round((1 + 0.25 + 0) / 3, 4), ["retrieval"])
    ]
    assert ask(running.data, f"SELECT count(*), count(DISTINCT (trace_id, ordinal)) {made.format('claims')}") == [
        (180, 180)
    ]
    assert ask(running.data, "SELECT evaluation_name, count(*) FROM evaluations GROUP BY 1") == [("support", 61)]
    recorded = "service_name = 'otel-cert-capture'"
    sql = (
        f"SELECT score_value, context_sources FROM support JOIN genai_calls USING (trace_id, span_id) WHERE {recorded}"
    )
    assert ask(running.data, sql) == [(1.0, ["retrieval"])]
    running.stop()
    checked = cli("verify", "--store", "--data-dir", running.data, "--format", "json")
    assert [check for check in json.loads(checked.stdout) if not check["holds"]] == []
