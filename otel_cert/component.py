"""The contract of a component: what a receiver, processor or exporter declares about itself.

A component enters by one entry point naming a `Factory`. Its life is: the configuration is checked (pure, no side effects),
`create(config)` makes it, it runs, and closing it is idempotent and loses nothing.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import threading

    import duckdb
    import pyarrow as pa

    from otel_cert.schema import Table
    from otel_cert.store.layout import Layout


class Settings(BaseModel):
    """Base of every component's configuration: frozen, unknown keys refused, attribute docstrings are the docs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def listens_on(self) -> tuple[str, ...]:
        """Return the endpoints, `HOST:PORT`, at which this component takes telemetry."""
        return ()

    def exposed(self) -> Mapping[tuple[str, ...], str]:
        """Return what anybody on the network could use: the path of its key, and why; refused unless asked for."""
        return {}

    def sends_to(self) -> tuple[str, ...]:
        """Return the endpoints, `HOST:PORT`, to which this component sends telemetry."""
        return ()


SettingsT = TypeVar("SettingsT", bound=Settings)


class Stability(StrEnum):
    """What a user may rely on."""

    DEVELOPMENT = "development"
    BETA = "beta"
    STABLE = "stable"


class Kind(StrEnum):
    """What a component is; also the configuration section and the entry-point group that it lives in."""

    RECEIVER = "receivers"
    PROCESSOR = "processors"
    EXPORTER = "exporters"


class Signal(StrEnum):
    """The pipelines: three for what is sent, one for what is computed from the store."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"
    ANALYSIS = "analysis"


class Receiver(Protocol):
    """Accepts telemetry. Its factory's `create(settings)` returns a callable that takes its surroundings.

    `(append, problems, metrics, *, signals, metrics_page, tokens) -> Receiver`: `append(requests)` returns when they are
    durable and raises Backpressure when the sender should try later; `problems()` names what is not ready; `metrics`
    counts; `signals` are those to accept; `metrics_page` says whether to serve the counts; `tokens` who may send.
    """

    def start(self) -> Mapping[str, str]:
        """Begin to accept, and return the bound endpoints by name."""
        ...

    def stop(self, grace_s: float) -> None:
        """Refuse what is new, finish what is in flight within `grace_s` seconds, and close."""
        ...


class Processor(Protocol):
    """Computes tables from tables, for the due traces of one round."""

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the complete new rows of every written table, for the traces that `con` shows.

        `con` holds one relation per table named in the factory's `reads`, cut to the due traces, with the views' computed
        columns. Rows of due traces that are not returned are deleted. Must be a function of its input alone.
        """
        ...


@runtime_checkable
class Linking(Protocol):
    """A processor whose rows may depend on several traces, such as one call recorded in two of them."""

    def linked(self, con: duckdb.DuckDBPyConnection) -> pa.Table:
        """Return (trace_id) of traces that have to be computed together with those that `con` shows.

        Called after `evaluate`. `con` also holds the written tables: the rows just computed, and under the schema `stored`
        all rows there are. Traces that are shown already may be among those returned.
        """
        ...


@runtime_checkable
class Lasting(Protocol):
    """A processor of an own process (`Factory.own_process`), whose results are kept while they would be the same.

    Beside what its factory says that it reads, `con` holds the schema `stored`: the same tables with all their rows, and
    those that it writes as they are. It returns a stored row again where nothing changed.
    """

    @property
    def identity(self) -> str:
        """Text that is another when results would be: settings, versions. Everything is then evaluated again."""
        ...


class Exporter(Protocol):
    """Gives answers to the outside; runs in the analysis process, between rounds. Its factory names ANALYSIS only."""

    @property
    def every_s(self) -> float:
        """Seconds between two runs."""
        ...

    def run(self, layout: Layout, id_: str) -> None:
        """Export once from the newest snapshot; what it raises is logged, and it is tried again after `every_s`.

        `id_` is the exporter's id in the configuration.
        """
        ...


class Forwarder(Protocol):
    """An exporter that sends on what is stored, to others that may be slow or dead; runs in the process `forward`.

    Its factory names the pipelines that it may stand in, TRACES, LOGS or METRICS among them.
    """

    def run(self, layout: Layout, id_: str, signals: Sequence[Signal], stop: threading.Event) -> None:
        """Send what the pipelines `signals` hold until `stop` is set; raises only what makes all of it hopeless.

        What was delivered has to survive a restart, under the exporter's id `id_`: nothing is held for it but the store.
        """
        ...


class InlineProcessor(Protocol):
    """Changes rows before they are stored (redaction); runs in the writer process."""

    def consume(self, table: str, rows: pa.Table) -> pa.Table:
        """Return the rows to store instead of `rows`; the schema must stay the same."""
        ...


@dataclass(frozen=True)
class Factory(Generic[SettingsT]):
    """Declares a component; `create` is called only after the configuration was checked."""

    type: str
    kind: Kind
    config: builtins.type[SettingsT]
    create: Callable[[SettingsT], Any]
    stability: Stability
    doc: str
    """One sentence for `otel-cert components`."""
    signals: tuple[Signal, ...]
    """The pipelines that it may stand in."""
    reads: tuple[str, ...] = ()
    """Analysis processors: the tables that it reads."""
    writes: tuple[Table, ...] = field(default=())
    """Analysis processors: the tables that it owns."""
    own_process: bool = False
    """Analysis processors: it is slow, so it follows the analysis in a process of its own; see `Lasting`."""
