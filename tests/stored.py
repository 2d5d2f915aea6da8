"""A data directory that requests are appended to, sealed and computed in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import otel_cert
from otel_cert import pipeline
from otel_cert.component import Kind
from otel_cert.config import Config
from otel_cert.config.loader import load
from otel_cert.engine.runner import Runner
from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from otel_cert.registry import Registry
from otel_cert.schema import RAW
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.store.maintain import Maintenance
from otel_cert.store.seal import Sealed
from otel_cert.store.segment import Request

START_NS = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z."""


def chat(trace: int, span: int | None = None, *, parent: int = 0, **attributes: Any) -> dict[str, Any]:
    """Return the fields of a chat span with 100 input and 10 output tokens; `a__b` in a keyword is the attribute `a.b`."""
    start = START_NS + trace * 10**9
    usual = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18", "gen_ai.response.id": f"r-{trace}-{span or trace}",
        "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10,
    }  # fmt: skip
    given = {key.replace("__", "."): value for key, value in attributes.items()}
    return {
        "trace_id": trace.to_bytes(16, "big"), "span_id": (span or trace).to_bytes(8, "big"), "kind": 3,
        "parent_span_id": parent.to_bytes(8, "big") if parent else b"", "name": "chat gpt-4o-mini",
        "start_time_unix_nano": start, "end_time_unix_nano": start + 10**9,
        "attributes": [_key_value(k, v) for k, v in (usual | given).items() if v is not None],
    }  # fmt: skip


def plain(trace: int, span: int | None = None, **fields: Any) -> dict[str, Any]:
    """Return the fields of a span that is no model call."""
    return chat(trace, span) | {"name": "GET /", "kind": 2, "attributes": []} | fields


def _key_value(key: str, value: object) -> dict[str, Any]:
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}
    return {"key": key, "value": {kinds[type(value)]: value}}


def body(
    *spans: dict[str, Any], service: str = "shop", scope_name: str = "opentelemetry.instrumentation.genai.openai"
) -> bytes:
    """Return a protobuf request of spans of one service and scope."""
    scope = {"scope": {"name": scope_name}, "spans": list(spans)}
    resource = {"attributes": [_key_value("service.name", service)]}
    request = SIGNALS["traces"].request(resource_spans=[{"resource": resource, "scope_spans": [scope]}])
    return bytes(request.SerializeToString())


def log_body(trace: int, text: str, **fields: Any) -> bytes:
    """Return a protobuf request of one log record of a trace."""
    record = {
        "trace_id": trace.to_bytes(16, "big"),
        "time_unix_nano": START_NS,
        "body": {"string_value": text},
    } | fields
    request = SIGNALS["logs"].request(resource_logs=[{"scope_logs": [{"log_records": [record]}]}])
    return bytes(request.SerializeToString())


class Store:
    """One data directory and its writers, which `reopen` restarts."""

    def __init__(self, root: Path, registry: Registry | None = None, *extra: str, **runner: Any) -> None:
        self.layout = Layout.create(root)
        self.registry = registry or Registry.installed()
        self.config = load(None, self.registry)
        if extra:
            self.config = _with_processors(self.config, self.registry, extra)
        self._runner = {"quiet_s": 0.0, "max_age_s": 0.0} | runner
        self.reopen()

    def reopen(self) -> None:
        """Start the writer and the analysis anew, as after a crash."""
        self.sealer = pipeline.sealer(self.layout, self.config, self.registry)
        self.runner = self.analysis()

    def analysis(self, **settings: Any) -> Runner:
        """Return a new runner over the configured processors."""
        return Runner(self.layout, pipeline.analysis_steps(self.config, self.registry), **(self._runner | settings))

    def send(
        self, *bodies: bytes, signal: str = "traces", content_type: str = PROTOBUF, received_ns: int | None = None
    ) -> None:
        """Append requests durably, as received now or then."""
        log = AckLog(self.layout, "otlp", min_free_bytes=0)
        try:
            log.append([Request(signal, content_type, one, received_ns or time.time_ns()) for one in bodies])
        finally:
            log.close()

    def seal(self) -> Sealed | None:
        """Seal what waits."""
        return self.sealer.seal()

    def analyse(self) -> None:
        """Run rounds until nothing is due."""
        while self.runner.round(force=True):
            pass

    def take(self, *bodies: bytes, signal: str = "traces") -> None:
        """Append, seal and compute."""
        self.send(*bodies, signal=signal)
        self.seal()
        self.analyse()

    def maintenance(self, **settings: Any) -> Maintenance:
        """Return the maintenance of the raw tables, which keeps nothing superseded unless told."""
        return Maintenance(self.layout, self.sealer.delta, RAW, **({"grace_s": 0} | settings))

    def rows(self, sql: str, **options: Any) -> list[tuple[Any, ...]]:
        """Ask the store."""
        with otel_cert.connect(self.layout.root, **options) as con:
            return con.execute(sql).fetchall()

    def snapshot(self) -> snapshots.Snapshot:
        """Return the newest snapshot."""
        return snapshots.latest(self.layout)


def _with_processors(config: Config, registry: Registry, ids: Sequence[str]) -> Config:
    """Return the configuration with more processors at the end of the analysis, with their defaults."""
    made = {id_: registry.factory(Kind.PROCESSOR, id_).config() for id_ in ids}
    analysis = config.service.pipelines.analysis
    analysis = analysis.model_copy(update={"processors": (*analysis.processors, *ids)})
    pipelines = config.service.pipelines.model_copy(update={"analysis": analysis})
    service = config.service.model_copy(update={"pipelines": pipelines})
    return config.model_copy(update={"service": service, "processors": config.processors | made})
