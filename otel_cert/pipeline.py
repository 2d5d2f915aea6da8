"""From a checked configuration to running parts: the decoder, the inline processors, the sealer, the analysis runner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from deltalake.exceptions import DeltaError

from otel_cert.component import Exporter, Forwarder, InlineProcessor, Kind, Settings, Signal
from otel_cert.config import STORE, Config, type_of
from otel_cert.engine.follower import Follower
from otel_cert.engine.runner import Runner, Step
from otel_cert.otlp.columns import Arrival
from otel_cert.otlp.decode import Received, decode
from otel_cert.registry import Registry
from otel_cert.schema import RAW, Table
from otel_cert.store import snapshots
from otel_cert.store.backlog import Pending
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.store.maintain import Maintenance
from otel_cert.store.seal import Inline, Sealer
from otel_cert.store.tables import DeltaStore

_DECODE_BYTES = 8 << 20
"""Requests decoded together: Python objects take many times the memory of the Arrow rows that they become."""


def decode_pending(signal: str, pending: Sequence[Pending]) -> pa.Table:
    """Return the rows of logged requests of one signal."""
    return pa.concat_tables([decode(signal, _received(signal, some)) for some in _portions(pending)])


def _portions(pending: Sequence[Pending]) -> Iterator[list[Pending]]:
    portion: list[Pending] = []
    size = 0
    for waiting in pending:
        portion.append(waiting)
        size += len(waiting.record.request.body)
        if size >= _DECODE_BYTES:
            yield portion
            portion, size = [], 0
    if portion or not pending:
        yield portion


def _received(signal: str, pending: Sequence[Pending]) -> Iterator[Received]:
    for waiting in pending:
        record, request = waiting.record, waiting.record.request
        # A span has ids and a digest of its own: its request's would be for nothing.
        hash_ = hashlib.sha256(request.body).hexdigest()[:32] if signal != "traces" else ""
        arrival = Arrival(waiting.receiver, record.sequence, request.received_unix_ns, hash_, request.subject)
        yield Received(arrival, request.body, request.content_type)


def inline_processors(config: Config, registry: Registry) -> list[Inline]:
    """Return the inline processors of the signal pipelines as functions over stored tables' rows."""
    pipelines = config.service.pipelines
    chains = {"spans": pipelines.traces, "logs": pipelines.logs, "metric_points": pipelines.metrics}
    made: dict[str, list[InlineProcessor]] = {
        table: [_create(registry, Kind.PROCESSOR, id_, config.processors[id_]) for id_ in pipeline.processors]
        for table, pipeline in chains.items()
    }

    def consume(table: str, rows: pa.Table) -> pa.Table:
        for processor in made[table]:
            rows = processor.consume(table, rows)
        return rows

    return [consume] if any(made.values()) else []


def analysis_steps(config: Config, registry: Registry) -> list[Step]:
    """Return the processors of the analysis pipeline, in its order, but those that have an own process."""
    return [*_steps(config, registry, own_process=False)]


def scores(config: Config, registry: Registry) -> bool:
    """Return whether the analysis pipeline has processors of an own process."""
    processors = config.service.pipelines.analysis.processors
    return any(registry.factory(Kind.PROCESSOR, type_of(id_)).own_process for id_ in processors)


def _steps(config: Config, registry: Registry, *, own_process: bool) -> Iterator[Step]:
    for id_ in config.service.pipelines.analysis.processors:
        factory = registry.factory(Kind.PROCESSOR, type_of(id_))
        if factory.own_process is own_process:
            yield Step(id_, factory.create(config.processors[id_]), factory.reads, factory.writes)


def analysis_exporters(config: Config, registry: Registry) -> list[tuple[str, Exporter]]:
    """Return the exporters of answers, which run in the analysis process, with their ids."""
    ids = config.service.pipelines.analysis.exporters
    return [(id_, _exporter(config, registry, id_)) for id_ in ids if not _forwards(registry, id_)]


def forwarders(config: Config, registry: Registry) -> list[tuple[str, Forwarder, list[Signal]]]:
    """Return the exporters that send on what is stored: id, exporter, the pipelines that name it."""
    named: dict[str, list[Signal]] = {}
    for signal in Signal:
        for id_ in getattr(config.service.pipelines, signal).exporters:
            if id_ != STORE and _forwards(registry, id_):
                named.setdefault(id_, []).append(signal)
    return [(id_, _exporter(config, registry, id_), signals) for id_, signals in named.items()]


def _forwards(registry: Registry, id_: str) -> bool:
    return registry.factory(Kind.EXPORTER, type_of(id_)).signals != (Signal.ANALYSIS,)


def _exporter(config: Config, registry: Registry, id_: str) -> Any:
    return registry.factory(Kind.EXPORTER, type_of(id_)).create(config.exporters[id_])


def ack_log(layout: Layout, receiver: str, config: Config) -> AckLog:
    """Return the log of one receiver, open for appending; raises Locked when another process has it."""
    store = config.store
    return AckLog(
        layout,
        receiver,
        segment_bytes=store.segment_bytes,
        max_backlog_bytes=store.max_backlog_bytes,
        min_free_bytes=store.min_free_bytes,
    )


def check_store(layout: Layout, config: Config, registry: Registry) -> None:
    """Raise Permanent when a newer otel-cert wrote a table that the configured pipelines write."""
    delta = DeltaStore(layout)
    factories = [registry.factory(Kind.PROCESSOR, type_of(id_)) for id_ in config.service.pipelines.analysis.processors]
    for table in (*RAW, *(table for factory in factories for table in factory.writes)):
        with suppress(DeltaError):  # broken by a power cut; its writer repairs it
            delta.check(table)


def sealer(layout: Layout, config: Config, registry: Registry) -> Sealer:
    """Return the writer of the raw tables; the caller holds the `writer` lock."""
    return Sealer(layout, decode_pending, inline_processors(config, registry), max_bytes=config.store.seal_bytes)


def runner(layout: Layout, config: Config, registry: Registry, *, restart: bool = False) -> Runner:
    """Return the writer of the derived tables; the caller holds the `analysis` lock."""
    settings = config.analysis
    return Runner(
        layout,
        analysis_steps(config, registry),
        quiet_s=settings.quiet_s,
        max_age_s=settings.max_age_s,
        lookback_s=settings.lookback_s,
        restart=restart,
    )


def follower(layout: Layout, config: Config, registry: Registry, *, restart: bool = False) -> Follower:
    """Return the writer of the tables of slow processors; the caller holds the `scoring` lock."""
    steps = [*_steps(config, registry, own_process=True)]
    return Follower(layout, steps, lookback_s=config.analysis.lookback_s, restart=restart)


def announce_scoring(layout: Layout, config: Config, registry: Registry) -> None:
    """Publish, before the first trace is computed, whether its calls will be scored: exporters wait for that."""
    scoring, known = scores(config, registry), snapshots.latest(layout).scored
    if scoring is not (known is not None):
        snapshots.publish(layout, {}, scored={} if scoring else "nobody")


def raw_maintenance(layout: Layout, config: Config, delta: DeltaStore) -> Maintenance:
    """Return the maintenance of the raw tables, for their writer."""
    return _maintenance(layout, config, delta, RAW)


def derived_maintenance(layout: Layout, config: Config, runner: Runner | Follower) -> Maintenance:
    """Return the maintenance of the derived tables, for their writer."""
    return _maintenance(layout, config, runner.delta, runner.tables)


def _maintenance(layout: Layout, config: Config, delta: DeltaStore, tables: Sequence[Table]) -> Maintenance:
    store = config.store
    return Maintenance(
        layout, delta, tables, hot_files=store.hot_files, compact_bytes=store.compact_bytes, grace_s=store.grace_s
    )


def _create(registry: Registry, kind: Kind, id_: str, settings: Settings) -> InlineProcessor:
    made: InlineProcessor = registry.factory(kind, type_of(id_)).create(settings)
    return made
