"""`otel-cert serve`: the receivers in this process, the writer and the analysis as supervised children.

Children are spawned, restarted with back-off when they die, and die with this process. SIGTERM drains: receivers stop
accepting and finish what is in flight, then the writer seals it; nothing that was acknowledged waits in memory anywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import structlog
from pydantic import ValidationError

from otel_cert import pipeline
from otel_cert.component import Kind, Receiver, Settings
from otel_cert.config import Config, type_of
from otel_cert.config.loader import load
from otel_cert.errors import UsageError
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.telemetry import Metrics, configure_logging

log = structlog.get_logger(__name__)

ROLES = ("writer", "analysis")
_FIRST_BACKOFF_S, _MAX_BACKOFF_S = 0.2, 10.0
_STEADY_S = 30.0
"""A child that lived this long does its work."""
_DEATHS = 3
"""So many deaths in a row are a problem, also while the child happens to run."""
_GRACE_S, _DRAIN_S = 10.0, 60.0


class Child:
    """One supervised process."""

    def __init__(self, role: str, order: Mapping[str, str | None]) -> None:
        self.role = role
        self._order = json.dumps(order)
        self._deaths, self._died, self._backoff_s = 0, "", _FIRST_BACKOFF_S
        self._process: subprocess.Popen[str] | None = None
        self._started = self._next_start = 0.0
        self._ready = threading.Event()
        self._settled = threading.Event()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None else None

    def watch(self) -> None:
        """Start the process if it does not run and its back-off is over."""
        now = time.monotonic()
        if self._process is not None and now - self._started >= _STEADY_S:
            self._deaths, self._backoff_s = 0, _FIRST_BACKOFF_S
        if self._process is not None and self._process.poll() is not None:
            self._bury(self._process, now)
        if self._process is None and now >= self._next_start:
            self._start(now)

    def problem(self) -> str | None:
        """Return why this process does not do its work now, or None."""
        if self._deaths >= _DEATHS:
            return (
                f"the {self.role} process died {self._deaths} times in a row, last with {self._died}; its log says why"
            )
        return None if self._ready.is_set() else f"the {self.role} process is not running yet"

    def stop(self, timeout_s: float) -> None:
        """Let the process finish its work and end."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        # Before it is ready it would only die; its output ends when it does, which also wakes us.
        self._settled.wait(timeout_s)
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            log.error("a process did not end in time", role=self.role)
            process.kill()
            process.wait()
        _close_input(process)

    def _bury(self, process: subprocess.Popen[str], now: float) -> None:
        """Decide when to start the next one."""
        self._deaths += 1
        self._died = f"exit code {process.returncode}" if process.returncode >= 0 else f"signal {-process.returncode}"
        log.warning("a process died and is restarted", role=self.role, died=self._died, after_s=self._backoff_s)
        _close_input(process)
        self._process, self._next_start = None, now + self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, _MAX_BACKOFF_S)
        self._ready = threading.Event()
        self._settled = threading.Event()

    def _start(self, now: float) -> None:
        self._started = now
        self._process = subprocess.Popen(
            [sys.executable, "-m", "otel_cert.workers", self.role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert self._process.stdout is not None  # noqa: S101
        # Standard input stays open as long as we live: its end tells the child that we died.
        with contextlib.suppress(BrokenPipeError):  # it died already, as the next watch sees
            self._process.stdin.write(self._order + "\n")
            self._process.stdin.flush()
        events = (self._ready, self._settled)
        threading.Thread(target=_await_ready, args=(self._process.stdout, *events), daemon=True).start()


def _await_ready(output: IO[str], ready: threading.Event, settled: threading.Event) -> None:
    """Tell when the child is ready, and when it is that or dead.

    Read to the end, so that whoever else prints in the child does not wait for a reader.
    """
    with output:
        for _ in output:
            ready.set()
            settled.set()
    settled.set()


def _close_input(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the order was never read
        if process.stdin is not None:
            process.stdin.close()


class Service:
    """Everything `serve` runs."""

    def __init__(self, config: Config, layout: Layout, registry: Registry, config_path: Path | None) -> None:
        self._config, self._layout, self._registry = config, layout, registry
        order = {"data_dir": str(layout.root.resolve()), "config": str(config_path.resolve()) if config_path else None}
        self._children = [Child(role, order) for role in ROLES]
        self._logs: dict[str, AckLog] = {}
        self._stop = threading.Event()

    def run(self, on_ready: Callable[[Mapping[str, object]], None]) -> None:
        """Serve until SIGTERM or SIGINT, then drain and return."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        receivers: list[Receiver] = []
        endpoints: dict[str, object] = {}
        try:
            for id_ in self._receiver_ids():
                receiver = self._receiver(id_)
                endpoints |= receiver.start()
                receivers.append(receiver)
            self._watch()
            on_ready({"event": "ready", **endpoints, "data_dir": str(self._layout.root.absolute()), "pid": os.getpid()})
            while not self._stop.wait(0.1):
                self._watch()
        finally:
            self._drain(receivers)

    def problems(self) -> dict[str, str]:
        """Return what is not working now, by part; empty when everything is ready."""
        found = {child.role: child.problem() for child in self._children}
        found |= {f"log/{name}": log_.problem() for name, log_ in self._logs.items()}
        return {part: problem for part, problem in found.items() if problem}

    def _accepting(self) -> dict[str, tuple[str, ...]]:
        """Return the receivers of each signal."""
        pipelines = self._config.service.pipelines
        return {
            "traces": pipelines.traces.receivers,
            "logs": pipelines.logs.receivers,
            "metrics": pipelines.metrics.receivers,
        }

    def _receiver_ids(self) -> list[str]:
        return list(dict.fromkeys(id_ for ids in self._accepting().values() for id_ in ids))

    def _receiver(self, id_: str) -> Receiver:
        name = id_.replace("/", "-")
        self._logs[name] = pipeline.ack_log(self._layout, name, self._config)
        metrics = Metrics()
        metrics.watch_backlog(self._logs[name].backlog_bytes)
        create = self._registry.factory(Kind.RECEIVER, type_of(id_)).create
        made: Receiver = create(self._config.receivers[id_])(
            self._logs[name].append,
            self.problems,
            metrics,
            signals=[signal for signal, receivers in self._accepting().items() if id_ in receivers],
            metrics_page=self._config.service.telemetry.metrics,
        )
        return made

    def _watch(self) -> None:
        for child in self._children:
            child.watch()

    def _drain(self, receivers: list[Receiver]) -> None:
        """Stop sources first: what they acknowledged is in the log, and the writer seals it before it ends."""
        for receiver in receivers:
            receiver.stop(_GRACE_S)
        for ack_log in self._logs.values():
            ack_log.close()
        for child in self._children:
            child.stop(_DRAIN_S)


def serve(
    config_path: Path | None,
    data_dir: Path,
    endpoints: Mapping[str, str | None],
    *,
    on_ready: Callable[[Mapping[str, object]], None],
) -> None:
    """Check the configuration, serve until told to stop, and drain. `endpoints` overrides those of receiver `otlp`."""
    registry = Registry.installed()
    config = load(config_path, registry)
    given = {protocol: endpoint for protocol, endpoint in endpoints.items() if endpoint}
    if given and "otlp" in config.receivers:
        changed = overlaid(config.receivers["otlp"], given)
        config = config.model_copy(update={"receivers": {**config.receivers, "otlp": changed}})
    configure_logging(config.service.telemetry)
    layout = Layout.create(data_dir)
    pipeline.check_store(layout, config, registry)
    Service(config, layout, registry, config_path).run(on_ready)


def overlaid(settings: Settings, endpoints: Mapping[str, str]) -> Settings:
    """Return settings of the receiver `otlp` with some protocols' endpoints replaced, checked again."""
    content = settings.model_dump(by_alias=True)
    for protocol, endpoint in endpoints.items():
        content["protocols"][protocol]["endpoint"] = endpoint
    try:
        return type(settings).model_validate(content)
    except ValidationError as error:
        wrong = ", ".join(f"{e['input']!r} is no {e['loc'][1]} endpoint" for e in error.errors())
        raise UsageError(wrong, hint="write HOST:PORT, e.g. 127.0.0.1:4317; port 0 takes a free one") from error
