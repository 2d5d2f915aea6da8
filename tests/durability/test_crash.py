"""Requests and traces that kill a process: they are set aside alone, and all others are stored once and computed."""

import signal
import subprocess
from collections import Counter

import pytest

from tests.cli.serving import COMMAND, ENVIRONMENT, Serving, eventually
from tests.durability import deadly
from tests.stored import Store, body, plain

STORED = "SELECT name FROM spans"
COMPUTED = "SELECT name FROM span_names"


@pytest.fixture
def environment(tmp_path):
    return ENVIRONMENT | {"PYTHONPATH": str(deadly.install(tmp_path / "third-party"))}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "deadly.yaml"
    path.write_text(deadly.CONFIG)
    return path


def requests(*marked, fine):
    """Return requests of one span each: the marked ones in the midst of fine ones."""
    names = [f"fine {n}" for n in range(fine)]
    for number, name in enumerate(marked):
        names.insert((number + 1) * fine // (len(marked) + 1), name)
    return [body(plain(number, name=name)) for number, name in enumerate(names, 1)]


def fine(n):
    return {f"fine {i}": 1 for i in range(n)}


def test_the_service_goes_on_without_what_kills_its_processes(tmp_path, environment):
    store = Store(tmp_path / "data")
    store.send(*requests("kill writer", "kill analysis", fine=10))
    service = Serving(tmp_path, deadly.CONFIG, environment=environment)
    try:
        eventually(store.layout.set_aside.exists, True, 300)
        assert Counter(n for (n,) in store.rows(STORED)) == fine(10) | {"kill analysis": 1}
        eventually(lambda: Counter(n for (n,) in store.rows(COMPUTED)), fine(10))
        (kept,) = (service.data / "log" / "otlp" / "quarantine").glob("*.pb")
        assert b"kill writer" in kept.read_bytes()
        assert "otel_cert_quarantined 1.0" in service.get("/metrics")[1]
        assert service.post(body(plain(99, name="later"))) == 200
        eventually(lambda: ("later",) in store.rows(COMPUTED), True)
        service.stop()
    finally:
        service.close()
    deaths = Counter(line.split('"role": "')[1].split('"')[0] for line in service.log.read_text().splitlines()
                     if "died and is restarted" in line)  # fmt: skip
    assert deaths == {"writer": 1 + 3, "analysis": 1 + 3}, "once together with others, and three times alone"
    command = [*COMMAND, "process", "--data-dir", service.data, "--config", service.config]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300).stderr
    assert "1 request kept aside; after an update, try `otel-cert import" in told
    assert "1 trace set aside; after an update, try `otel-cert process --all`" in told


@pytest.mark.slow
def test_processing_by_hand_gets_through_as_well(tmp_path, environment, config):
    store = Store(tmp_path / "data")
    store.send(*requests("kill writer", "kill analysis", fine=10))
    command = [*COMMAND, "process", "--data-dir", tmp_path / "data", "--config", config]
    codes = []
    while not codes or (codes[-1] and len(codes) < 12):
        codes.append(subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False).returncode)
    assert codes == [-signal.SIGSEGV] * 4 + [-signal.SIGKILL] * 4 + [0]
    assert Counter(n for (n,) in store.rows(STORED)) == fine(10) | {"kill analysis": 1}
    assert Counter(n for (n,) in store.rows(COMPUTED)) == fine(10)
