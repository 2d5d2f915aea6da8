"""The configuration: the Collector's grammar, complete defaults, the user's YAML laid over them.

    receivers: {otlp: {...}}          components, ids `type[/name]`
    processors: {genai: {}, cost: {}, entropy: {}}
    exporters: {prometheus: {...}}
    service: {data_dir, telemetry, pipelines: {traces, logs, metrics, analysis}}
    store: {...}                      how what was received becomes files
    analysis: {...}                   when a trace is computed

`traces`, `logs` and `metrics` run from receivers through inline processors to `store`; `analysis` runs processors over
the store. `loader` reads and checks files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, SerializeAsAny, model_validator

from otel_cert.component import Kind, Settings
from otel_cert.config.units import Bytes, Seconds

STORE = "store"
"""The sink that every signal pipeline ends in."""

DEFAULT_COMPONENTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.RECEIVER: ("otlp",),
    Kind.PROCESSOR: ("genai", "cost", "entropy"),
    Kind.EXPORTER: ("prometheus",),
}
"""Defined without being written in the file, with their own defaults."""


def type_of(component_id: str) -> str:
    """Return the type in an id: `otlp/internal` -> `otlp`."""
    return component_id.partition("/")[0]


class _Section(Settings):
    """Settings whose `*_s` fields (seconds) are written without the suffix in YAML, as durations."""

    model_config = ConfigDict(alias_generator=lambda name: name.removesuffix("_s"), populate_by_name=True)


class StoreSettings(_Section):
    """How received requests become table files, and when to push back."""

    seal_bytes: Bytes = Field(64 << 20, gt=0)
    """Seal when this much has been received since the last seal ..."""
    seal_interval_s: Seconds = Field(5.0, gt=0)
    """... or after this long, whichever comes first and only if there are rows."""
    hot_files: int = Field(64, ge=2)
    """Compact a day of a table when it has this many small files."""
    compact_bytes: Bytes = Field(512 << 20, gt=0)
    """Size of a compacted file to aim for."""
    grace_s: Seconds = 3600.0
    """Keep superseded files this long, for readers of older snapshots."""
    segment_bytes: Bytes = Field(128 << 20, gt=0)
    """Start a new ack log segment at this size."""
    max_backlog_bytes: Bytes = Field(8 << 30, gt=0)
    """Push back when this much is acknowledged but not yet sealed."""
    min_free_bytes: Bytes = 1 << 30
    """Push back when the disk has less than this left."""


class AnalysisSettings(_Section):
    """When a trace is computed, and again."""

    quiet_s: Seconds = 15.0
    """A trace is due when nothing arrived for it for this long ..."""
    max_age_s: Seconds = 300.0
    """... or when its first span arrived this long ago."""
    lookback_s: Seconds = 7 * 86400.0
    """A late span makes its trace due again when the trace's other spans arrived within this time."""
    interval_s: Seconds = Field(5.0, gt=0)
    """Time between two looks for due traces."""

    @model_validator(mode="after")
    def _ordered(self) -> AnalysisSettings:
        if not self.quiet_s <= self.max_age_s <= self.lookback_s:
            raise ValueError("must hold: quiet <= max_age <= lookback")
        return self


class TelemetrySettings(_Section):
    """What otel-cert tells about itself; never sent to anyone."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is logged."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """`auto` is console on a terminal, else json, one object per line."""
    metrics: bool = True
    """Serve our own metrics for Prometheus at `/metrics` of the HTTP port."""


class SignalPipeline(_Section):
    """From receivers through inline processors to the store; no receivers switches the signal off."""

    receivers: tuple[str, ...] = ("otlp",)
    """Ids of receivers."""
    processors: tuple[str, ...] = ()
    """Ids of inline processors, in order; they change rows before these are stored."""
    exporters: tuple[str, ...] = (STORE,)
    """`store`, and ids of exporters."""


class AnalysisPipeline(_Section):
    """Processors over the store, in order, then exporters."""

    processors: tuple[str, ...] = ("genai", "cost", "entropy")
    """Ids of processors, in order."""
    exporters: tuple[str, ...] = ("prometheus",)
    """Ids of exporters."""


class Pipelines(_Section):
    """What runs."""

    traces: SignalPipeline = SignalPipeline()
    """Spans."""
    logs: SignalPipeline = SignalPipeline()
    """Log records and events."""
    metrics: SignalPipeline = SignalPipeline()
    """Metric points."""
    analysis: AnalysisPipeline = AnalysisPipeline()
    """Measures computed from what is stored."""


class ServiceSettings(_Section):
    """The process as a whole."""

    data_dir: Annotated[Path, AfterValidator(Path.expanduser)] | None = None
    """Where the data lives; the XDG data folder when not given. `--data-dir` overrides it."""
    insecure: bool = False
    """Listen also where others on the network could read along and send. `serve --insecure` does the same."""
    stall_timeout_s: Seconds = Field(600.0, ge=3.0)
    """Kill and restart a child process that made no progress for this long."""
    telemetry: TelemetrySettings = TelemetrySettings()
    """Own logs and metrics."""
    pipelines: Pipelines = Pipelines()
    """What runs."""


class Config(_Section):
    """A checked configuration: every reference resolves, every component's settings are of its own type."""

    receivers: dict[str, SerializeAsAny[Settings]] = Field(default_factory=dict)
    """Receivers by id."""
    processors: dict[str, SerializeAsAny[Settings]] = Field(default_factory=dict)
    """Processors by id."""
    exporters: dict[str, SerializeAsAny[Settings]] = Field(default_factory=dict)
    """Exporters by id."""
    service: ServiceSettings = ServiceSettings()
    """Data directory, telemetry, pipelines."""
    store: StoreSettings = StoreSettings()
    """How received requests become table files."""
    analysis: AnalysisSettings = AnalysisSettings()
    """When a trace is computed."""

    def components(self, kind: Kind) -> dict[str, Settings]:
        """Return the components of one kind by id."""
        return {Kind.RECEIVER: self.receivers, Kind.PROCESSOR: self.processors, Kind.EXPORTER: self.exporters}[kind]
