"""Sealing, computing and scoring what waits, once: for a command, beside a service that may be doing it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from otel_cert import pipeline
from otel_cert.config import Config
from otel_cert.errors import Locked
from otel_cert.registry import Registry
from otel_cert.roles import Writer
from otel_cert.store import snapshots
from otel_cert.store.backlog import newest
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout

Progress = Callable[[str, int, int], None]
"""(what, done, total), for a progress bar."""

_WAIT_S = 0.5
"""Between two looks at what a running service has done."""


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


def score_now(layout: Layout, config: Config, registry: Registry, *, restart: bool, progress: Progress) -> None:
    """Run the slow processors over what was computed, or over everything anew with `restart`. Raises Locked likewise."""
    pipeline.announce_scoring(layout, config, registry)
    if not pipeline.scores(config, registry):
        return
    with lock(layout.lock("scoring"), "scoring"):
        follower = pipeline.follower(layout, config, registry, restart=restart)
        wanted = snapshots.latest(layout).analysed
        traces = 0
        while (done := follower.round()) is not None:
            traces += done.traces
            progress("traces scored", traces, traces + follower.waiting())
            if not _unscored(layout, wanted):
                break
        if pipeline.derived_maintenance(layout, config, follower).run():
            follower.publish()


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
            traces = analyse_now(layout, config, registry, restart=restart, progress=progress)
            score_now(layout, config, registry, restart=restart, progress=progress)
            return traces
        except Locked:
            if restart:
                raise
        behind = max(_behind(layout, wanted), _unscored(layout, wanted))
        if not behind:
            return None
        progress("waiting for the running service", len(wanted) - behind, len(wanted))
        time.sleep(_WAIT_S)


def _behind(layout: Layout, wanted: Mapping[str, int]) -> int:
    """Return how many receivers have requests up to the wanted position that are not sealed and computed."""
    now = snapshots.latest(layout)
    return sum(min(now.sealed.get(name, 0), now.analysed.get(name, 0)) < upto for name, upto in wanted.items())


def _unscored(layout: Layout, wanted: Mapping[str, int]) -> int:
    """Return how many receivers have requests up to the wanted position that slow processors are not done with."""
    scored = snapshots.latest(layout).scored
    return 0 if scored is None else sum(scored.get(name, 0) < upto for name, upto in wanted.items())
