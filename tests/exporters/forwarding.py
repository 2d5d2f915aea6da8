"""An exporter `otlp` that runs in this process over a store of the tests."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from otel_cert.component import Signal
from otel_cert.exporters._settings import OtlpSettings
from otel_cert.exporters.otlp import OtlpExporter
from otel_cert.store.layout import Layout
from otel_cert.telemetry import Metrics

QUICKLY = {"initial_interval": 0.02, "max_interval": 0.05}


def settings(endpoint: str, **given: Any) -> OtlpSettings:
    """Return settings that try again at once."""
    return OtlpSettings(**({"endpoint": endpoint, "tls": {"insecure": True}, "retry_on_failure": QUICKLY} | given))


@dataclass
class Forwarding:
    """An exporter of its own id over a store, which it does not change."""

    layout: Layout
    id: str = "otlp"

    def state(self, signal: str = "traces") -> dict[str, Any]:
        """Return what the exporter wrote down."""
        path = self.layout.forwarded(self.id, signal)
        nothing = {"positions": {}, "counts": {}, "failures": {}, "refusals": []}
        return json.loads(path.read_text()) if path.exists() else nothing

    def settled(self, count: int, signal: str = "traces") -> None:
        """Return when so many items need no more sending."""
        until(lambda: sum(self.state(signal)["counts"].values()) == count, lambda: self.state(signal))

    def page(self) -> str:
        """Return the metrics that the exporter shows."""
        metrics = Metrics()
        metrics.show_files([self.layout.metrics(self.id)])
        return metrics.page()[0].decode()

    def run(self, to: OtlpSettings, *signals: Signal) -> AbstractContextManager[None]:
        """Run the exporter while the block runs."""
        return _running(self, to, signals or (Signal.TRACES,))


@contextmanager
def _running(of: Forwarding, to: OtlpSettings, signals: Sequence[Signal]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=OtlpExporter(to).run, args=(of.layout, of.id, signals, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def until(holds: Callable[[], bool], what: Callable[[], object] = lambda: "", timeout_s: float = 180.0) -> None:
    """Return when it holds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


def closed_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
