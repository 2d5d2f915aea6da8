"""Senders on loopback: N connections, each with one request in flight, ready-made bodies."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

Post = Callable[[bytes], None]

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass(frozen=True)
class Sent:
    """How long it took until every request was acknowledged, and each one, in seconds."""

    wall_s: float
    latencies_s: list[float]

    def latency_ms(self, quantile: float) -> float:
        """Return the time in which this part of the requests was acknowledged."""
        return sorted(self.latencies_s)[int(quantile * len(self.latencies_s))] * 1e3


def send(
    transport: str, endpoint: str, bodies: Iterable[bytes], connections: int, headers: Mapping[str, str] | None = None
) -> Sent:
    """Send all bodies once, over HTTP with more `headers`; raises when one is refused or only partly accepted."""
    shared = iter(bodies)  # hands each body to one thread, as a list's iterator does

    def one_connection(_: int) -> list[float]:
        latencies = []
        with CONNECT[transport](endpoint, headers or {}) as post:
            for body in shared:
                began = time.perf_counter()
                post(body)
                latencies.append(time.perf_counter() - began)
        return latencies

    with ThreadPoolExecutor(connections) as pool:
        began = time.perf_counter()
        latencies = [latency for own in pool.map(one_connection, range(connections)) for latency in own]
        return Sent(time.perf_counter() - began, latencies)


@contextmanager
def _grpc(endpoint: str, _: Mapping[str, str]) -> Iterator[Post]:
    # Channels to one address share a connection unless told otherwise.
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(endpoint, options) as channel:
        export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_EXPORT)

        def post(body: bytes) -> None:
            _expect(export(body, timeout=60))

        yield post


@contextmanager
def _http(endpoint: str, headers: Mapping[str, str]) -> Iterator[Post]:
    connection = http.client.HTTPConnection(endpoint, timeout=60)

    def post(body: bytes) -> None:
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf", **headers})
        response = connection.getresponse()
        answer = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"the server answered {response.status}: {answer!r}")
        _expect(answer)

    try:
        yield post
    finally:
        connection.close()


CONNECT = {"grpc": _grpc, "http": _http}
TRANSPORTS = tuple(CONNECT)


def _expect(answer: bytes) -> None:
    """Any content of the response is a partial success or a warning, which this load must not cause."""
    if answer:
        raise RuntimeError(f"the server did not accept everything: {answer!r}")
