"""The writer and the analysis process: what they do in a loop, and doing it once for a command.

A child reads its order (a JSON object) from standard input and exits at once when that closes, because then its parent is
dead; on SIGTERM it finishes what waits and exits 0. It tells its parent that it is ready, that it is alive as long as
it makes progress, and what it failed on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from otel_cert import memory, pipeline
from otel_cert.component import Exporter
from otel_cert.config import Config
from otel_cert.config.loader import load
from otel_cert.errors import Locked
from otel_cert.forwarding import Forwarding
from otel_cert.registry import Registry
from otel_cert.stopping import Stop
from otel_cert.store import snapshots
from otel_cert.store.backlog import newest
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout
from otel_cert.telemetry import configure_logging

log = structlog.get_logger(__name__)

Progress = Callable[[str, int, int], None]
"""(what, done, total), for a progress bar."""

_TICK_S = 0.1
_ALIVE_S = 1.0
"""Between two signs of life."""
_WAIT_S = 0.5
"""Between two looks at what a running service has done."""
_NICENESS = {"writer": 10, "analysis": 15, "forward": 15}
"""Senders wait for the receiver, which waits when the writer is far behind; nobody waits for the others."""
_PREDECESSOR_S = 10.0
"""How long to wait for the same role's process of a killed service to be gone."""


class Writer:
    """Seals when enough bytes or time have passed, and maintains the raw tables between seals."""

    def __init__(
        self, layout: Layout, config: Config, registry: Registry, alive: Callable[[], None] = lambda: None
    ) -> None:
        """`alive` is called after every piece of work."""
        self._settings, self._alive = config.store, alive
        self._sealer = pipeline.sealer(layout, config, registry)
        self._maintenance = pipeline.raw_maintenance(layout, config, self._sealer.delta)
        self._last = time.monotonic()

    def tick(self) -> None:
        """Seal if it is time to."""
        waiting = self._sealer.waiting_bytes()
        waited = time.monotonic() - self._last >= self._settings.seal_interval_s
        if waiting >= self._settings.seal_bytes or (waiting and waited):
            self.seal()
        elif waited:
            self._sealer.release()
            self._maintain()
            memory.release()

    def seal(self) -> None:
        """Seal everything that waits now; what arrives meanwhile comes next time, so that maintenance has its turn."""
        for _ in range(1 + self._sealer.waiting_bytes() // self._settings.seal_bytes):
            if (done := self._sealer.seal()) is None:
                break
            self._alive()
            log.debug("sealed", requests=done.requests, rows=done.rows, repeated=done.repeated)
        self._maintain()

    def finish(self) -> None:
        """Seal what waits, before the end."""
        self.seal()

    def _maintain(self) -> None:
        """Also when nothing arrives: what was superseded has to leave the disk."""
        self._last = time.monotonic()
        if self._maintenance.run():
            self._sealer.publish()


class Analysis:
    """Runs a round at every interval and maintains the derived tables between rounds."""

    def __init__(
        self, layout: Layout, config: Config, registry: Registry, alive: Callable[[], None] = lambda: None
    ) -> None:
        """`alive` is called after every piece of work."""
        self._interval_s, self._alive = config.analysis.interval_s, alive
        self._runner = pipeline.runner(layout, config, registry)
        self._maintenance = pipeline.derived_maintenance(layout, config, self._runner)
        self._exports = [Export(layout, id_, made) for id_, made in pipeline.analysis_exporters(config, registry)]
        self._next = time.monotonic()

    def tick(self) -> None:
        """Compute some of the traces that are due; between two rounds the tables are maintained and the exporters run."""
        if time.monotonic() < self._next:
            return
        if (done := self._runner.round()) is not None:
            self._alive()
            log.debug("analysed", traces=done.traces, rows=dict(done.rows), seconds=round(done.seconds, 3))
        if self._maintenance.run():
            self._runner.publish()
        for export in self._exports:
            export.tick()
            self._alive()
        if done is None:  # otherwise more may be due
            memory.release()
            self._next = time.monotonic() + self._interval_s

    def finish(self) -> None:
        """Leave what waits for the next start."""


class Export:
    """An exporter and when it runs next; the first time one period after the start."""

    def __init__(self, layout: Layout, id_: str, exporter: Exporter) -> None:
        self._layout, self._id, self._exporter = layout, id_, exporter
        self._next = time.monotonic() + exporter.every_s

    def tick(self) -> None:
        """Export if it is time to; a failure is logged and stops nothing."""
        if time.monotonic() < self._next:
            return
        try:
            self._exporter.run(self._layout, self._id)
        except Exception:
            log.exception("an export failed", exporter=self._id)
        self._next = time.monotonic() + self._exporter.every_s


def seal_now(layout: Layout, config: Config, registry: Registry) -> None:
    """Seal everything that waits; raises Locked when a running service is doing that."""
    with lock(layout.lock("writer"), "writer"):
        Writer(layout, config, registry).seal()


def analyse_now(layout: Layout, config: Config, registry: Registry, *, restart: bool, progress: Progress) -> int:
    """Compute what waits, or everything with `restart`; return how many traces. Raises Locked when a service does."""
    with lock(layout.lock("analysis"), "analysis"):
        runner = pipeline.runner(layout, config, registry, restart=restart)
        wanted = snapshots.latest(layout).sealed
        traces = 0
        while (done := runner.round(force=True)) is not None:
            traces += done.traces
            progress("traces", traces, traces + runner.waiting())
            if not _behind(layout, wanted):  # a service may go on sealing
                break
        if pipeline.derived_maintenance(layout, config, runner).run():
            runner.publish()
        return traces


def process(
    layout: Layout, config: Config, registry: Registry, *, restart: bool = False, progress: Progress = lambda *_: None
) -> int | None:
    """Seal and compute everything that was acknowledged until now; None when a running service did it, which is waited for.

    Whatever the service leaves undone is done here, also when it ends or dies meanwhile. Raises Locked with `restart` when
    a service runs.
    """
    in_logs = {directory.name: newest(directory) for directory in layout.logs()}
    sealed = snapshots.latest(layout).sealed  # read after the logs: a segment may be sealed and removed meanwhile
    wanted = {name: max(upto, sealed.get(name, 0)) for name, upto in in_logs.items()}
    while True:
        try:
            seal_now(layout, config, registry)
            return analyse_now(layout, config, registry, restart=restart, progress=progress)
        except Locked:
            if restart:
                raise
        behind = _behind(layout, wanted)
        if not behind:
            return None
        progress("waiting for the running service", len(wanted) - behind, len(wanted))
        time.sleep(_WAIT_S)


def _behind(layout: Layout, wanted: Mapping[str, int]) -> int:
    """Return how many receivers have requests up to the wanted position that are not sealed and computed."""
    now = snapshots.latest(layout)
    return sum(min(now.sealed.get(name, 0), now.analysed.get(name, 0)) < upto for name, upto in wanted.items())


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


_WORKERS: Mapping[str, type[Writer | Analysis | Forwarding]] = {
    "writer": Writer,
    "analysis": Analysis,
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
