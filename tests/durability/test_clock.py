"""The machine's clock is set while requests are received, sealed and computed."""

import os
import shutil
import subprocess
import sys
import time
from itertools import pairwise

import pytest

from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from tests.cli.serving import ENVIRONMENT, QUICK, Serving, ask, eventually
from tests.durability.clock import Clock
from tests.stored import body, chat

DAY_S, YEAR_S = 86400, 31557600
JUMPS_S = (0, DAY_S, -DAY_S, 10 * YEAR_S, 0)
COUNTS = """SELECT (SELECT count(*) FROM spans), (SELECT count(DISTINCT span_id) FROM spans), count(*),
count(DISTINCT span_id) FROM genai_calls"""


@pytest.fixture
def clock(tmp_path):
    if shutil.which("gcc") is None and os.environ.get("OTEL_CERT_ALL_TOOLS") != "1":
        pytest.skip("no C compiler: install gcc to test jumps of the clock")
    return Clock(tmp_path)


def test_the_clock_of_a_process_can_be_set(clock):
    command = [sys.executable, "-c", "import time; print(time.time_ns(), time.monotonic_ns())"]
    environment = ENVIRONMENT | clock.environment
    for ahead_s in JUMPS_S:
        clock.set(ahead_s)
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300).stdout
        wall, monotonic = map(int, told.split())
        assert abs(wall - time.time_ns() - ahead_s * 10**9) < 20 * 10**9
        assert abs(monotonic - time.monotonic_ns()) < 20 * 10**9


def test_everything_is_stored_once_and_computed_however_the_clock_jumps(tmp_path, clock):
    service = Serving(tmp_path, QUICK, environment=ENVIRONMENT | clock.environment)
    try:
        eventually(lambda: service.get("/readyz")[0], 200)
        sent = 0
        for ahead_s in JUMPS_S:
            clock.set(ahead_s)
            for _ in range(3):
                sent += 1
                # One trace goes on through all jumps.
                assert service.post(body(chat(100 + sent), chat(1, 200 + sent))) == 200
            eventually(lambda: counts(service), [(2 * sent,) * 4])
        days = ask(service.data, "SELECT count(DISTINCT receive_day) FROM spans")
        assert days == [(4,)], "the processes saw the clock jump"
        service.stop()
    finally:
        service.close()
    told = [snapshots.load(Layout(service.data), n) for n in snapshots.numbers(Layout(service.data))]
    back = [before.created_unix_ns > after.created_unix_ns for before, after in pairwise(told)]
    assert sum(back) == 2, "the clock was set back twice"
    assert [bool(s.clock_set_back) for s in told[1:]] == back
    assert [s.sealed.get("otlp", 0) for s in told] == sorted(s.sealed.get("otlp", 0) for s in told)
    assert told[-1].analysed == told[-1].sealed == {"otlp": sent}


def counts(service):
    """Return what is stored and computed; nothing before the first seal."""
    return ask(service.data, COUNTS) if snapshots.numbers(Layout(service.data)) else []
