"""A child of the service: does its role's work in a loop.

It reads its order (a JSON object) from standard input and exits at once when that closes, because then its parent is
dead; on SIGTERM it finishes what waits and exits 0. It tells its parent that it is ready, that it is alive as long as
it makes progress, and what it failed on.
"""

from __future__ import annotations

import gc

gc.set_threshold(20_000, 20, 20)  # before the imports: a tenth of a start went into going through what they make

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import structlog

from otel_cert import memory
from otel_cert.config import Config
from otel_cert.config.loader import load
from otel_cert.forwarding import Forwarding
from otel_cert.registry import Registry
from otel_cert.roles import Analysis, Scoring, Writer
from otel_cert.stopping import Stop
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout
from otel_cert.telemetry import configure_logging

log = structlog.get_logger(__name__)

_TICK_S = 0.1
_ALIVE_S = 1.0
"""Between two signs of life."""
_NICENESS = {"writer": 10, "analysis": 15, "scoring": 19, "forward": 15}
"""Senders wait for the receiver, which waits when the writer is far behind; nobody waits for the others."""
_PREDECESSOR_S = 10.0
"""How long to wait for the same role's process of a killed service to be gone."""


def main() -> None:
    """Run as a child of the service: `python -m otel_cert.workers ROLE`, the order on standard input."""
    role = sys.argv[1]
    order = json.loads(sys.stdin.readline())
    os.nice(_NICENESS[role])
    memory.tune()
    memory.keep()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    stop = Stop(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C goes to the parent, which drains us
    registry = Registry.installed()
    config = load(order["config"] and Path(order["config"]), registry)
    configure_logging(config.service.telemetry)
    layout = Layout.open(order["data_dir"])
    try:
        with lock(layout.lock(role), role, wait_s=_PREDECESSOR_S):
            _work(role, layout, config, registry, stop)
    except Exception as error:
        log.exception("the process cannot go on and ends; it is started again", role=role)
        # Other errors' texts may quote what was sent.
        _tell("failed", error=str(error) if isinstance(error, OSError) else type(error).__name__)
        sys.exit(1)


def _work(role: str, layout: Layout, config: Config, registry: Registry, stop: Stop) -> None:
    """Do the role's work until told to stop, and then what still waits."""
    alive = _Alive()
    worker = _WORKERS[role](layout, config, registry, alive)
    _tell("ready", role=role, pid=os.getpid())
    while not stop.wait(_TICK_S):
        worker.tick()
        alive()
    worker.finish()


_WORKERS: Mapping[str, type[Writer | Analysis | Scoring | Forwarding]] = {
    "writer": Writer,
    "analysis": Analysis,
    "scoring": Scoring,
    "forward": Forwarding,
}


class _Alive:
    """Tells the parent now and then that work goes on."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._told >= _ALIVE_S:
            self._told = time.monotonic()
            _tell("alive")


def _tell(event: str, **about: object) -> None:
    """Tell the parent; see `child`."""
    print(json.dumps({"event": event, **about}), flush=True)  # noqa: T201


def _die_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
