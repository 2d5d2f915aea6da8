"""Measures the goals of the receiver: a burst of large requests, then single spans, while the writer seals beside it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import Figures, Goal
from load import Load, load
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from processes import Server, bare, otel_cert
from senders import Sent, send

from otel_cert.store import snapshots
from otel_cert.store.layout import Layout

_BATCH = 512
_BLOCKS = {_BATCH: 10_240, 1: 1_024}
"""Spans per request -> spans that are prepared, and repeated with other ids."""
_DRAIN_S = 120.0


_START = Goal("start-up to the ready line", 1.0, "s", at_least=False)
_RATE = Goal("burst, acknowledged/s", 120_000, "spans/s")
_PART = Goal("burst, acknowledged/CPU-s, part of bare", 0.7, "ratio")
_ALL_IN = Goal("burst, until in Parquet, receiver and writer", 40_000, "spans/CPU-s")
_LAG = Goal("burst, until nothing waits", _DRAIN_S, "s", at_least=False)
_SINGLE = {
    "grpc": Goal("grpc 1, requests/s", 1_500, "requests/s"),
    "http": Goal("http 1, requests/s", 2_000, "requests/s"),
}
_P99 = {transport: Goal(f"{transport} 1, p99", 10.0, "ms", at_least=False) for transport in _SINGLE}
_MEMORY = Goal("peak memory, receiver", 250.0, "MiB", at_least=False)


class Burst:
    """Sends for a given time at each size of request, to both servers in turn."""

    def __init__(self, figures: Figures, seed: int, seconds: float, connections: int, config: Path) -> None:
        self._figures, self._seconds, self._connections, self._config = figures, seconds, connections, config
        self._blocks = {batch: load(f"{seed}/burst/{batch}", batch, spans) for batch, spans in _BLOCKS.items()}
        self._repetitions = 0

    def round(self, number: int, folder: Path) -> None:
        """Measure both servers once, in the other order in every other round."""
        sides = (self._ours, self._bare) if number % 2 == 0 else (self._bare, self._ours)
        per_cpu_s = {}
        for side in sides:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                per_cpu_s[side] = side(Path(place))
        _PART.add(self._figures, per_cpu_s[self._ours] / per_cpu_s[self._bare])

    def _ours(self, folder: Path) -> float:
        with otel_cert(folder, self._config) as server:
            _START.add(self._figures, server.startup_s)
            singles = 0
            for transport, goal in _SINGLE.items():
                sent, _ = self._send(server, transport, 1, self._seconds / 3)
                singles += len(sent.latencies_s)
                goal.add(self._figures, len(sent.latencies_s) / sent.wall_s)
                _P99[transport].add(self._figures, sent.latency_ms(0.99))
            drain(Layout(folder), singles)
            before = server.cpu_s("receiver", "writer")
            sent, per_cpu_s = self._send(server, "grpc", _BATCH, self._seconds)
            _RATE.add(self._figures, len(sent.latencies_s) * _BATCH / sent.wall_s)
            began, requests = time.monotonic(), len(sent.latencies_s)
            drain(Layout(folder), singles + requests)
            _LAG.add(self._figures, time.monotonic() - began)
            _ALL_IN.add(self._figures, requests * _BATCH / (server.cpu_s("receiver", "writer") - before))
            for transport in _SINGLE:
                sent, _ = self._send(server, transport, 1, self._seconds / 3)
                name = f"while the burst is analysed, {transport} 1"
                self._figures.add(name, len(sent.latencies_s) / sent.wall_s, "requests/s")
                self._figures.add(f"{name}, p99", sent.latency_ms(0.99), "ms")
            _MEMORY.add(self._figures, server.peak_bytes("receiver") / 2**20)
        return per_cpu_s

    def _bare(self, folder: Path) -> float:
        with bare(folder) as server:
            return self._send(server, "grpc", _BATCH, self._seconds)[1]

    def _send(self, server: Server, transport: str, batch: int, seconds: float) -> tuple[Sent, float]:
        """Return what was sent, and how many spans per CPU second of the receiver."""
        bodies = Bodies(self._blocks[batch], self._repetitions, seconds)
        before = server.cpu_s("receiver")
        sent = send(transport, server.ready[transport], bodies, self._connections)
        self._repetitions = bodies.repetition + 1
        return sent, len(sent.latencies_s) * batch / (server.cpu_s("receiver") - before)


class Bodies:
    """Gives a block's bodies again and again for some seconds, each time with other ids: a repeated span is no row."""

    def __init__(self, block: Load, repetition: int, seconds: float) -> None:
        self._bodies = [np.frombuffer(body, np.uint8) for body in block.bodies]
        self._ids = [_ids(body) for body in block.bodies]
        self.repetition, self._next = repetition, 0
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._lock:
            if time.monotonic() >= self._until:
                raise StopIteration
            if self._next == len(self._bodies):
                self.repetition, self._next = self.repetition + 1, 0
            position, self._next, repetition = self._next, self._next + 1, self.repetition
        body = self._bodies[position].copy()
        body[self._ids[position]] ^= np.frombuffer(repetition.to_bytes(4, "big"), np.uint8)
        return body.tobytes()


def _ids(body: bytes) -> np.ndarray:
    """Return where the last four bytes of each id of a span lie in a request, one row per id."""
    ends, at = [], 0
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                for id_ in filter(None, (span.trace_id, span.span_id, span.parent_span_id)):
                    at = body.index(id_, at) + len(id_)
                    ends.append(at)
    return np.array(ends)[:, None] - np.arange(4, 0, -1)


def drain(layout: Layout, requests: int) -> None:
    """Wait until the first `requests` requests are sealed."""
    deadline = time.monotonic() + _DRAIN_S
    while snapshots.latest(layout).sealed.get("otlp", 0) < requests:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not sealed after {_DRAIN_S:.0f} s")
        time.sleep(0.05)
