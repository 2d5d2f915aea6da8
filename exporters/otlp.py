"""The exporter `otlp`: sends on what is stored, enriched, to an OTLP endpoint. The store is its queue.

Each pipeline that names it has a thread: a signal that the endpoint does not take, or takes slowly, delays no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from otel_cert.component import Factory, Kind, Signal, Stability
from otel_cert.exposition import Family
from otel_cert.store import page
from otel_cert.store.layout import Layout

from ._grpc_client import GrpcClient
from ._http_client import HttpClient
from ._reply import Client
from ._settings import OtlpSettings
from ._sources import SOURCES
from ._stream import Stream

_CLIENTS: Mapping[str, Callable[[OtlpSettings], Client]] = {"grpc": GrpcClient, "http/protobuf": HttpClient}
_METRICS_EVERY_S = 5.0
_LAST_ANSWER_S = 2.0
"""After the attempt's own time-out, until threads are left behind."""


class OtlpExporter:
    """Sends to one endpoint."""

    def __init__(self, settings: OtlpSettings) -> None:
        self._settings = settings

    def run(self, layout: Layout, id_: str, signals: Sequence[Signal], stop: threading.Event) -> None:
        """Send until `stop` is set; see `component.Forwarder`."""
        client = _CLIENTS[self._settings.protocol](self._settings)
        streams = {
            signal.value: Stream(layout, id_, signal.value, SOURCES[signal], client, self._settings)
            for signal in signals
        }
        threads = [threading.Thread(target=s.run, args=(stop,), daemon=True) for s in streams.values()]
        for thread in threads:
            thread.start()
        while not stop.wait(_METRICS_EVERY_S):
            page.show(layout, id_, families(id_, streams))
        for thread in threads:
            thread.join(self._settings.timeout + _LAST_ANSWER_S)
        page.show(layout, id_, families(id_, streams))


def families(id_: str, streams: dict[str, Stream]) -> Iterator[Family]:
    """Yield the metrics of an exporter; the counters go on after a restart."""
    items = Family(
        "otel_cert_forward_items",
        "counter",
        "Spans, log records, metric points and evaluations by what became of them.",
    )
    failures = Family("otel_cert_forward_failures", "counter", "Attempts that failed and are made again, by status.")
    waiting = Family("otel_cert_forward_waiting_items", "gauge", "Rows that wait to be sent.")
    oldest = Family(
        "otel_cert_forward_oldest_timestamp_seconds", "gauge",
        "When the oldest row that waits was received; no value while none waits.", "seconds",
    )  # fmt: skip
    for pipeline, stream in streams.items():
        labels = {"exporter": id_, "pipeline": pipeline}
        for outcome in ("delivered", "rejected", "refused", "skipped_max_age", "skipped_queue_size"):
            items.add(stream.delivery.counts[outcome], **labels, outcome=outcome)
        for code, count in [*stream.delivery.failures.items()]:
            failures.add(count, **labels, code=code)
        looks = [*stream.waiting.values()]
        waiting.add(sum(rows for rows, _ in looks), **labels)
        received = [received_ns for _, received_ns in looks if received_ns is not None]
        oldest.add(min(received) / 1e9 if received else None, **labels)
    yield from (items, failures, waiting, oldest)


FACTORY = Factory(
    type="otlp",
    kind=Kind.EXPORTER,
    config=OtlpSettings,
    create=OtlpExporter,
    stability=Stability.BETA,
    doc="Sends spans, enriched with what was computed, and logs, metrics and evaluations to an OTLP endpoint.",
    signals=(Signal.TRACES, Signal.LOGS, Signal.METRICS, Signal.ANALYSIS),
)
