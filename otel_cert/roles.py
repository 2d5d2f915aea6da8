"""What the writer, the analysis and the scoring process do in a loop."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from otel_cert import memory, pipeline
from otel_cert.component import Exporter
from otel_cert.config import Config
from otel_cert.engine.follower import Follower
from otel_cert.errors import Retryable
from otel_cert.registry import Registry
from otel_cert.scoring.asked import asked, families
from otel_cert.store import page
from otel_cert.store.layout import Layout
from otel_cert.store.maintain import Maintenance

log = structlog.get_logger(__name__)


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
        pipeline.announce_scoring(layout, config, registry)
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


class Scoring:
    """Runs the processors that are too slow for the analysis: they follow it, and it never waits for them."""

    def __init__(
        self, layout: Layout, config: Config, registry: Registry, alive: Callable[[], None] = lambda: None
    ) -> None:
        """`alive` is called after every piece of work."""
        self._layout, self._config, self._registry = layout, config, registry
        self._interval_s, self._alive = config.analysis.interval_s, alive
        self._made: tuple[Follower, Maintenance] | None = None
        self._next = time.monotonic()

    def tick(self) -> None:
        """Evaluate some of the traces that wait; then the tables are maintained."""
        if time.monotonic() < self._next:
            return
        done = None
        try:
            done = self._parts()[0].round()
        except Retryable as error:
            log.warning("scoring failed and is tried again", why=error.message)
        if done is not None:
            self._alive()
            log.debug("scored", traces=done.traces, rows=dict(done.rows), seconds=round(done.seconds, 3))
        if self._made is not None and self._made[1].run():
            self._made[0].publish()
        if done is None:
            memory.release()
            self._next = time.monotonic() + self._interval_s
        self._show()

    def finish(self) -> None:
        """Leave what waits for the next start."""
        self._show()

    def _parts(self) -> tuple[Follower, Maintenance]:
        """Return what scores; raises Retryable while a processor cannot say yet what its results will depend on."""
        if self._made is None:
            follower = pipeline.follower(self._layout, self._config, self._registry)
            self._made = follower, pipeline.derived_maintenance(self._layout, self._config, follower)
        return self._made

    def _show(self) -> None:
        """Show how scoring servers answer, if any are asked."""
        if servers := asked():
            page.show(self._layout, page.SCORING, families(servers))


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
