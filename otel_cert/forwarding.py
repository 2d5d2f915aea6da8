"""The process that sends on what is stored: a thread per exporter, so that a dead endpoint delays nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable

from otel_cert import pipeline
from otel_cert.config import Config
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout


class Forwarding:
    """Runs the exporters that stand in a signal's pipeline."""

    def __init__(
        self, layout: Layout, config: Config, registry: Registry, _alive: Callable[[], None] = lambda: None
    ) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=forwarder.run, args=(layout, id_, signals, self._stop), name=id_, daemon=True)
            for id_, forwarder, signals in pipeline.forwarders(config, registry)
        ]
        for thread in self._threads:
            thread.start()

    def tick(self) -> None:
        """Raise when an exporter ended: the process is then started again."""
        if ended := [thread.name for thread in self._threads if not thread.is_alive()]:
            raise RuntimeError(f"exporter {ended[0]} ended")

    def finish(self) -> None:
        """Let every exporter end; what was not delivered is sent after the next start."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
