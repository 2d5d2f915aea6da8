"""Faults in the processes of a real `otel-cert serve` under load: a seeded sample of the points that matter most."""

import os
import random
import re
import signal
import time
from pathlib import Path

import pytest

from tests.cli.serving import eventually
from tests.durability.load import Sender
from tests.durability.running import Running
from tests.durability.test_kill import CONFIG, TABLES, verify_derived, verify_raw

from . import gate
from .gate import Point
from .inject import FAULTS, strace

RUNS = int(os.environ.get("OTEL_CERT_SERVE_FAULTS", "2"))
SEED = int(os.environ.get("OTEL_CERT_SEED", "1"))

POINTS = {
    "serve": [("write", "segment"), ("fdatasync", "segment"), ("openat", "segment")],
    "writer": [
        ("write", "data"), ("fsync", "data"), ("write", "staged commit"), ("linkat", "commit"), ("fsync", "commit"),
        ("rename", "sealed.json"), ("rename", "snapshot"), ("fsync", "temporary"), ("unlink", "segment"), ("unlink", "data"),
    ],
    "analysis": [
        ("openat(read)", "data"), ("write", "staged commit"), ("linkat", "commit"), ("fsync", "data"),
        ("rename", "analysed.json"), ("rename", "snapshot"),
    ],
}  # fmt: skip

FIRED = re.compile(r"\(INJECTED\)|killed by SIGKILL")


@pytest.fixture
def running(tmp_path):
    service = Running(tmp_path, CONFIG)
    service.environment["LD_PRELOAD"] = str(gate.build(tmp_path))
    yield service
    service.abandon()


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("run", range(RUNS))
def test_a_fault_in_a_running_service_loses_nothing_and_doubles_nothing(running, tmp_path, run):
    chance = random.Random(SEED * 1000 + run)
    role = ("serve", "writer", "analysis")[run % 3]
    point, fault = Point(role, *chance.choice(POINTS[role]), chance.randint(1, 3)), chance.choice(FAULTS)
    record, trace = tmp_path / "record", tmp_path / "trace"
    running.environment |= gate.environment(role, running.data, record, point)
    running.start()
    senders = [Sender(f"{p}{run}", p, running.endpoints, run, pause_s=0.03) for p in ("http", "grpc")]
    for sender in senders:
        sender.start()
    try:
        inject(running, record, point, fault, trace)
        time.sleep(1.0)
    finally:
        for sender in senders:
            sender.stop()
    seen = trace.read_text()
    assert ("killed by SIGKILL" if fault == "KILL" else "(INJECTED)") in seen, (
        f"{fault} at {point} did not fire: {seen}"
    )
    running.stop()
    running.cli("process")
    acknowledged = {signal: sorted(i for s in senders for i in s.acknowledged[signal]) for signal in TABLES}
    verify_raw(running.data, acknowledged)
    verify_derived(running, acknowledged["traces"])
    running.cli("verify", "--store")


def inject(running: Running, record: Path, point: Point, fault: str, trace: Path) -> None:
    """Let strace fail the call when the process stands before it; start the service again when that killed it."""
    eventually(lambda: record.exists() and "\nARMED\t" in record.read_text(), True)
    role = "receiver" if point.phase == "serve" else point.phase
    pid = running.pid(role)
    with strace(record, running.data, point, fault, trace) as tracer:
        os.kill(pid, signal.SIGCONT)
        eventually(lambda: tracer.poll() is not None or bool(FIRED.search(trace.read_text())), True)
        tracer.terminate()
    if fault == "KILL" and role == "receiver":
        running.await_end()
        running.start()
