"""Reads configuration files: the user's YAML over the defaults, with every problem found in one pass.

Checking is pure: it reads the file and the environment, imports the components that are named, and opens nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from otel_cert.component import Kind, Settings, Signal
from otel_cert.config.check import closest, keys, validate
from otel_cert.config.loops import loops
from otel_cert.config.models import (
    DEFAULT_COMPONENTS,
    STORE,
    AnalysisSettings,
    Config,
    Pipelines,
    ServiceSettings,
    StoreSettings,
    type_of,
)
from otel_cert.config.yaml_tree import Path as YamlPath
from otel_cert.config.yaml_tree import Tree, dotted, read
from otel_cert.errors import ConfigError, ConfigProblem, OtelCertError
from otel_cert.registry import Registry

Uses = dict[str, list[tuple[Signal, YamlPath]]]
"""Component id -> the pipelines that name it, and where."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}(/[^\s/\x00-\x1f\x7f]{1,100})?")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found; `config` is None when there are problems. Warnings stop nothing."""

    config: Config | None
    problems: tuple[ConfigProblem, ...]
    warnings: tuple[ConfigProblem, ...]


def load(path: Path | None = None, registry: Registry | None = None) -> Config:
    """Return `path` laid over the defaults, or the defaults alone; raise ConfigError with every problem.

    What is exposed is no problem here, for most verbs open no port; `serve` asks `exposed` itself.
    """
    tree = read(read_text(path) if path else "", os.environ)
    checked = _Check(tree, registry or Registry.installed()).result(refuse_exposed=False)
    if checked.config is None:
        raise ConfigError(checked.problems, source=str(path or "built-in defaults"))
    return checked.config


def check(text: str, registry: Registry, environ: Mapping[str, str] = os.environ) -> Checked:
    """Check a configuration's text, finding every problem in one pass."""
    return _Check(read(text, environ), registry).result(refuse_exposed=True)


def exposed(config: Config) -> list[ConfigProblem]:
    """Return what anybody on the network could use of the receivers that run."""
    pipelines = config.service.pipelines
    running = {*pipelines.traces.receivers, *pipelines.logs.receivers, *pipelines.metrics.receivers}
    return [
        ConfigProblem(why, dotted(("receivers", id_, *below)))
        for id_, settings in config.receivers.items()
        if id_ in running
        for below, why in settings.exposed().items()
    ]


def read_text(path: Path) -> str:
    """Return the text of a configuration file; raise ConfigError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"not UTF-8: {error}"
        raise ConfigError([ConfigProblem(f"cannot read: {reason}", "")], source=str(path)) from error


def configured_data_dir(path: Path) -> Path | None:
    """Return `service.data_dir` of a file without loading any component; raise ConfigError when it is no YAML."""
    tree = read(read_text(path), os.environ)
    if tree.value is None and tree.problems:
        raise ConfigError(tree.problems, source=str(path))
    service = tree.value.get("service") if isinstance(tree.value, dict) else None
    data_dir = service.get("data_dir") if isinstance(service, dict) else None
    return Path(data_dir).expanduser() if isinstance(data_dir, str) else None


class _Check:
    """One pass over one document."""

    def __init__(self, tree: Tree, registry: Registry) -> None:
        self._tree = tree
        self._registry = registry
        self._warnings: list[ConfigProblem] = []
        self._root = self._mapping(tree.value, ())
        self._defined = {kind: self._mapping(self._root.get(kind), (kind,)) for kind in Kind}

    def result(self, *, refuse_exposed: bool) -> Checked:
        sections = tuple(keys(Config))
        for name in self._root.keys() - set(sections):
            self._fault("unknown section", (name,), sections, name)
        service = validate(ServiceSettings, self._root.get("service"), ("service",), self._tree)
        store = validate(StoreSettings, self._root.get("store"), ("store",), self._tree)
        analysis = validate(AnalysisSettings, self._root.get("analysis"), ("analysis",), self._tree)
        used = self._check_pipelines(service.pipelines if service else Pipelines())
        components = {kind.value: self._components(kind, used[kind]) for kind in Kind}
        self._check_loops(components, used)
        if refuse_exposed and service and not service.insecure:
            self._check_exposed(components[Kind.RECEIVER], used[Kind.RECEIVER])
        config = None
        if service and store and analysis and not self._tree.problems:
            config = Config(**components, service=service, store=store, analysis=analysis)
        return Checked(config, _by_line(self._tree.problems), _by_line(self._warnings))

    def _components(self, kind: Kind, used: Uses) -> dict[str, Settings]:
        """Return the components of one kind: those in the document, and the defaults that a pipeline uses."""
        defaults = {id_: None for id_ in DEFAULT_COMPONENTS[kind] if id_ in used}
        result = {}
        for id_, given in {**defaults, **self._defined[kind]}.items():
            settings = self._component(kind, id_, given, used.get(id_, []))
            if settings is not None:
                result[id_] = settings
            if id_ not in used:
                self._warnings.append(self._problem("defined, but in no pipeline", (kind, id_)))
        return result

    def _component(self, kind: Kind, id_: str, given: object, uses: list[tuple[Signal, YamlPath]]) -> Settings | None:
        path = (kind.value, id_)
        if not _ID.fullmatch(id_):
            self._fault("not an id; write type or type/name", path)
            return None
        types = self._registry.types(kind)
        if type_of(id_) not in types:
            self._fault(f"unknown type {type_of(id_)!r}", path, types, type_of(id_))
            return None
        try:
            factory = self._registry.factory(kind, type_of(id_))
        except OtelCertError as error:
            self._fault(error.message, path)
            return None
        for signal, where in uses:
            if signal not in factory.signals:
                self._fault(f"{id_!r} cannot stand in a {signal} pipeline, only in {_listed(factory.signals)}", where)
        settings: Settings | None = validate(factory.config, given, path, self._tree)
        return settings

    def _check_pipelines(self, pipelines: Pipelines) -> dict[Kind, Uses]:
        """Check every reference and return, by kind, where each defined component is used."""
        used: dict[Kind, Uses] = {kind: {} for kind in Kind}
        for signal in Signal:
            pipeline = getattr(pipelines, signal)
            base = ("service", "pipelines", signal.value)
            for role in type(pipeline).model_fields:
                ids = getattr(pipeline, role)
                self._check_references(Kind(role), signal, ids, (*base, role), used[Kind(role)])
            if signal is not Signal.ANALYSIS and pipeline.receivers and STORE not in pipeline.exporters:
                self._fault(f"must contain {STORE!r}: what is acknowledged is stored", (*base, "exporters"))
        return used

    def _check_loops(self, components: Mapping[str, Mapping[str, Settings]], used: Mapping[Kind, Uses]) -> None:
        """Refuse what a pipeline sends to a receiver of a pipeline."""
        running = {kind: {i: s for i, s in components[kind].items() if i in used[kind]} for kind in Kind}
        for exporter, receiver, endpoint in loops(running[Kind.RECEIVER], running[Kind.EXPORTER]):
            message = f"{endpoint} is our own receiver {receiver!r}: what is sent there comes back for ever"
            self._fault(message, (Kind.EXPORTER, exporter, "endpoint"))

    def _check_exposed(self, receivers: Mapping[str, Settings], used: Uses) -> None:
        """Refuse a running receiver that anybody on the network could use."""
        for id_, settings in receivers.items():
            for below, why in settings.exposed().items() if id_ in used else ():
                self._fault(why, (Kind.RECEIVER, id_, *below))

    def _check_references(self, kind: Kind, signal: Signal, ids: Iterable[str], path: YamlPath, used: Uses) -> None:
        """Check the ids in one list of a pipeline and note them in `used`."""
        known = {*self._defined[kind], *DEFAULT_COMPONENTS[kind]}
        if kind is Kind.EXPORTER and signal is not Signal.ANALYSIS:
            known.add(STORE)
        seen: set[str] = set()
        for position, id_ in enumerate(ids):
            here = (*path, str(position))
            if id_ in seen:
                self._fault(f"{id_!r} is listed twice", here)
            elif id_ not in known:
                self._fault(f"{id_!r} is not defined under {kind}", here, sorted(known), id_)
            elif id_ != STORE:
                used.setdefault(id_, []).append((signal, here))
            seen.add(id_)

    def _mapping(self, value: object, path: YamlPath) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        if value is not None:
            self._fault("must be a mapping of keys", path)
        return {}

    def _fault(self, message: str, path: YamlPath, valid: Iterable[str] = (), name: str = "") -> None:
        self._tree.problems.append(self._problem(message, path, valid, name))

    def _problem(self, message: str, path: YamlPath, valid: Iterable[str] = (), name: str = "") -> ConfigProblem:
        valid = tuple(valid)
        return ConfigProblem(message, dotted(path), self._tree.line(path), valid, closest(name, valid))


def _by_line(problems: Iterable[ConfigProblem]) -> tuple[ConfigProblem, ...]:
    return tuple(sorted(problems, key=lambda p: p.line or 0))


def _listed(signals: Iterable[Signal]) -> str:
    return ", ".join(signals) or "none"
