"""What an OTLP exporter sends for each pipeline that names it: which rows, from when on, and in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from otel_cert.component import Signal
from otel_cert.otlp.encode import encode
from otel_cert.schema import EVALUATIONS, LOGS, METRIC_POINTS, SPANS, Table
from otel_cert.store.layout import Layout
from otel_cert.store.snapshots import Snapshot

from ._enrich import calls_of, enriched, serialised
from ._evaluations import evaluations_of, events


@dataclass(frozen=True, slots=True)
class Work:
    """Rows to send, each with its request's `sequence`, and how to make a request of some of them."""

    rows: pa.Table
    encode: Callable[[pa.Table], bytes]


Prepare = Callable[[Layout, Snapshot, pa.Table], Work]


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one pipeline."""

    signal: str
    """As what they are sent: traces, logs or metrics."""
    table: Table
    """Whose rows wait."""
    analysed: bool
    """Whether they wait for their trace to be computed."""
    prepare: Prepare
    scored: bool = False
    """Whether they wait, then, for the processors of an own process, if there are any."""

    def ready(self, snapshot: Snapshot) -> Mapping[str, int]:
        """Return, per receiver, the newest request whose rows may be sent."""
        if self.scored and snapshot.scored is not None:
            return {name: min(upto, snapshot.scored.get(name, 0)) for name, upto in snapshot.analysed.items()}
        return snapshot.analysed if self.analysed else snapshot.sealed


def _spans(layout: Layout, snapshot: Snapshot, rows: pa.Table) -> Work:
    calls = calls_of(layout, snapshot, rows)
    return Work(rows, lambda some: enriched(some, calls))


def _as_sent(signal: str, _layout: Layout, _snapshot: Snapshot, rows: pa.Table) -> Work:
    return Work(rows, lambda some: serialised(encode(signal, some)))


def _evaluations(layout: Layout, snapshot: Snapshot, rows: pa.Table) -> Work:
    if not any(name in snapshot.tables for name in (EVALUATIONS.name, *EVALUATIONS.also)):
        return Work(rows.slice(0, 0), lambda _: b"")
    return Work(evaluations_of(layout, snapshot, rows), lambda some: events(rows, some))


SOURCES: Mapping[Signal, Source] = {
    Signal.TRACES: Source("traces", SPANS, True, _spans),
    Signal.LOGS: Source("logs", LOGS, False, partial(_as_sent, "logs")),
    Signal.METRICS: Source("metrics", METRIC_POINTS, False, partial(_as_sent, "metrics")),
    Signal.ANALYSIS: Source("logs", SPANS, True, _evaluations, scored=True),
}
"""By pipeline."""
