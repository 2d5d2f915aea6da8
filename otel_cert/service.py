"""`otel-cert serve`: the receivers in this process, the writer and the analysis as supervised children.

Children are restarted when they die or stand still, and die with this process. SIGTERM drains: receivers stop
accepting and finish what is in flight, then the writer seals it; nothing that was acknowledged waits in memory anywhere.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from pydantic import ValidationError

from otel_cert import memory, pipeline
from otel_cert.child import Child
from otel_cert.component import Kind, Receiver, Settings
from otel_cert.config import Config, type_of
from otel_cert.config.loader import exposed, load
from otel_cert.config.loops import loops
from otel_cert.errors import ConfigError, UsageError
from otel_cert.registry import Registry
from otel_cert.stopping import Stop
from otel_cert.store import page, quarantine
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.store.tokens import Tokens
from otel_cert.telemetry import Metrics, configure_logging

log = structlog.get_logger(__name__)

_GRACE_S, _DRAIN_S = 10.0, 60.0


def _roles(config: Config, registry: Registry) -> tuple[str, ...]:
    """Return the processes beside this one."""
    scoring = ["scoring"] if pipeline.scores(config, registry) else []
    return ("writer", "analysis", *scoring, *(["forward"] if pipeline.forwarders(config, registry) else []))


class Service:
    """Everything `serve` runs."""

    def __init__(self, config: Config, layout: Layout, registry: Registry, config_path: Path | None) -> None:
        self._config, self._layout, self._registry = config, layout, registry
        order = {"data_dir": str(layout.root.resolve()), "config": str(config_path.resolve()) if config_path else None}
        self._children = [Child(role, order, config.service.stall_timeout_s) for role in _roles(config, registry)]
        self._logs: dict[str, AckLog] = {}
        self._tokens = Tokens(layout.tokens)

    def run(self, on_ready: Callable[[Mapping[str, object]], None]) -> None:
        """Serve until SIGTERM or SIGINT, then drain and return."""
        stop = Stop(signal.SIGTERM, signal.SIGINT)
        receivers: list[Receiver] = []
        endpoints: dict[str, object] = {}
        try:
            for id_ in self._receiver_ids():
                receiver = self._receiver(id_)
                endpoints |= receiver.start()
                receivers.append(receiver)
            self._watch()
            on_ready({"event": "ready", **endpoints, "data_dir": str(self._layout.root.absolute()), "pid": os.getpid()})
            while not stop.wait(0.1):
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
        metrics.watch_quarantine(lambda: quarantine.count(self._layout, name))
        metrics.show_files([self._layout.metrics(name) for name in (*self._config.exporters, page.SCORING)])
        create = self._registry.factory(Kind.RECEIVER, type_of(id_)).create
        made: Receiver = create(self._config.receivers[id_])(
            self._logs[name].append,
            self.problems,
            metrics,
            signals=[signal for signal, receivers in self._accepting().items() if id_ in receivers],
            metrics_page=self._config.service.telemetry.metrics,
            tokens=self._tokens,
        )
        return made

    def _watch(self) -> None:
        for child in self._children:
            child.watch()
        for ack_log in self._logs.values():
            ack_log.roll()

    def _drain(self, receivers: list[Receiver]) -> None:
        """Stop sources first: what they acknowledged is in the log, and the writer seals it before it ends.

        The others leave what waits for the next start: told at once, they end while the writer works.
        """
        for child in self._children:
            if child.role != "writer":
                child.tell()
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
    insecure: bool = False,
    on_ready: Callable[[Mapping[str, object]], None],
) -> None:
    """Check the configuration, serve until told to stop, and drain. `endpoints` overrides those of receiver `otlp`.

    Raises ConfigError when others on the network could read along and send, unless `insecure` says that this is wanted.
    """
    registry = Registry.installed()
    config = load(config_path, registry)
    given = {protocol: endpoint for protocol, endpoint in endpoints.items() if endpoint}
    if given and "otlp" in config.receivers:
        changed = overlaid(config.receivers["otlp"], given)
        config = config.model_copy(update={"receivers": {**config.receivers, "otlp": changed}})
        for exporter, receiver, endpoint in loops(config.receivers, config.exporters):
            raise UsageError(f"exporter {exporter!r} sends to {endpoint}, our own receiver {receiver!r}")
    configure_logging(config.service.telemetry)
    _check_exposed(config, config_path, insecure)
    _prepare_process()
    memory.tune()
    layout = Layout.create(data_dir)
    pipeline.check_store(layout, config, registry)
    Service(config, layout, registry, config_path).run(on_ready)


def _check_exposed(config: Config, config_path: Path | None, insecure: bool) -> None:
    problems = exposed(config)
    if problems and not (insecure or config.service.insecure):
        raise ConfigError(problems, source=str(config_path or "configuration"))
    for problem in problems:
        log.warning("insecure: others on the network can use this endpoint", key=problem.path)


def _prepare_process() -> None:
    """Keep new files from other users, also those of libraries and children, and allow as many open files as may be."""
    os.umask(0o077)
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # else one line of its own for every failed handshake
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
