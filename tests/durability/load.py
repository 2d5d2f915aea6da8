"""A sender as an SDK is one: it sends a batch again, the same bytes, until it is acknowledged."""

import hashlib
import http.client
import random
import threading
import time
from collections.abc import Mapping

import grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from otel_cert.otlp.requests import SIGNALS


def content(id_: str) -> str:
    """Return what a row with this id holds in attribute `test.content`, so that a mix-up of rows shows."""
    return hashlib.sha256(id_.encode()).hexdigest() * (1 + len(id_) % 4)


def attributes(values: Mapping[str, str | int]) -> list[KeyValue]:
    return [
        KeyValue(key=key, value=AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value))
        for key, value in values.items()
    ]


def batch(signal: str, ids: list[str], trace: bytes = b"") -> bytes:
    """Return a request with one span, log record or metric point per id."""
    request, now = SIGNALS[signal].request(), time.time_ns()
    if signal == "traces":
        spans = request.resource_spans.add().scope_spans.add().spans
        for id_ in ids:
            span = spans.add(
                trace_id=trace, span_id=hashlib.sha256(id_.encode()).digest()[:8], name="chat gpt-4o", kind=3
            )
            span.start_time_unix_nano, span.end_time_unix_nano = now, now + 10**8
            span.attributes.extend(attributes(_call(id_)))
    elif signal == "logs":
        records = request.resource_logs.add().scope_logs.add().log_records
        for id_ in ids:
            records.add(time_unix_nano=now, attributes=attributes({"test.id": id_, "test.content": content(id_)}))
    else:
        points = request.resource_metrics.add().scope_metrics.add().metrics.add(name="test").gauge.data_points
        for id_ in ids:
            held = attributes({"test.id": id_, "test.content": content(id_)})
            points.add(time_unix_nano=now, as_int=1, attributes=held)
    return request.SerializeToString()


def _call(id_: str) -> dict[str, str | int]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.id": f"chatcmpl-{id_}",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
        "test.id": id_,
        "test.content": content(id_),
    }


class Sender(threading.Thread):
    """Sends batches until stopped; `endpoints` may change at any time."""

    def __init__(self, name: str, protocol: str, endpoints: dict[str, str], seed: int, pause_s: float) -> None:
        super().__init__(name=name)
        self._protocol, self._endpoints, self._random, self._pause_s = protocol, endpoints, random.Random(seed), pause_s
        self._halt = threading.Event()
        self.acknowledged: dict[str, list[str]] = {signal: [] for signal in SIGNALS}
        self.repeats = 0

    def run(self) -> None:
        trace, number = b"", 0
        while not self._halt.wait(self._pause_s):
            signal = self._random.choices(("traces", "logs", "metrics"), (6, 1, 1))[0]
            size = self._random.randint(1, 20) if signal == "traces" else self._random.randint(1, 3)
            ids = [f"{self.name}-{number + i}" for i in range(size)]
            number += size
            if self._random.random() < 0.8:  # else the batch belongs to the trace before it, which becomes due again
                trace = self._random.randbytes(16)
            self._until_acknowledged(signal, batch(signal, ids, trace))
            self.acknowledged[signal] += ids

    def stop(self) -> None:
        """Finish the batch in flight and end."""
        self._halt.set()
        self.join(60)
        assert not self.is_alive(), f"{self.name} was never answered"

    def _until_acknowledged(self, signal: str, body: bytes) -> None:
        send = self._http if self._protocol == "http" else self._grpc
        while not send(signal, body):
            self.repeats += 1
            time.sleep(0.02)

    def _http(self, signal: str, body: bytes) -> bool:
        connection = http.client.HTTPConnection(self._endpoints["http"], timeout=10)
        try:
            connection.request("POST", SIGNALS[signal].path, body, {"Content-Type": "application/x-protobuf"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _grpc(self, signal: str, body: bytes) -> bool:
        service = SIGNALS[signal]
        with grpc.insecure_channel(self._endpoints["grpc"]) as channel:
            call = channel.unary_unary(f"/{service.service}/Export", response_deserializer=service.response.FromString)
            try:
                call(body, timeout=10)
            except grpc.RpcError:
                return False
        return True
