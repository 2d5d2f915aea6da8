import threading
import time
from collections.abc import Mapping

import grpc
import httpx
import pytest

from otel_cert.otlp.requests import SIGNALS, parse
from otel_cert.receivers.otlp import FACTORY, OtlpSettings
from otel_cert.telemetry import Metrics


class Sink:
    """Keeps what is appended, in memory; `fail_with` fails the next appends, `open` holds them up once `reached`."""

    def __init__(self):
        self.groups = []
        self.fail_with = []
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def __call__(self, requests):
        self.reached.set()
        self.open.wait(60)
        if self.fail_with:
            raise self.fail_with.pop(0)
        self.groups.append(list(requests))

    @property
    def requests(self):
        return [request for group in self.groups for request in group]

    def spans(self):
        """Return every stored span, read back from the stored bytes."""
        return [
            span
            for request in self.requests
            for resource in parse("traces", request.content_type, request.body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class Running:
    """A started receiver, its sink and ways to reach it."""

    def __init__(self, **settings):
        self.sink, self.metrics, self.problems = Sink(), Metrics(), {}
        protocols = {
            "grpc": {"endpoint": "127.0.0.1:0"},
            "http": {"endpoint": "127.0.0.1:0", **settings.pop("http", {})},
        }
        self.receiver = FACTORY.create(OtlpSettings(protocols=protocols, **settings))(
            self.sink, lambda: self.problems, metrics=self.metrics
        )
        self.endpoints: Mapping[str, str] = self.receiver.start()
        self.channel = grpc.insecure_channel(self.endpoints["grpc"], options=[("grpc.max_send_message_length", -1)])
        self.url = f"http://{self.endpoints['http']}"
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def export(self, body, signal="traces", **options):
        """Call the signal's Export over gRPC, and return the response."""
        service = SIGNALS[signal]
        call = self.channel.unary_unary(f"/{service.service}/Export", response_deserializer=service.response.FromString)
        return call(body, timeout=60, **options)

    def post(self, body, signal="traces", content_type="application/x-protobuf", **headers):
        return self.http.post(SIGNALS[signal].path, content=body, headers={"Content-Type": content_type, **headers})

    def close(self):
        self.channel.close()
        self.http.close()
        self.sink.open.set()
        self.receiver.stop(5)


@pytest.fixture(scope="module")
def shared():
    running = Running(max_request_bytes="1MiB")
    yield running
    running.close()


@pytest.fixture
def running(shared):
    """One receiver for a whole module, with an empty sink."""
    shared.sink.__init__()
    shared.problems.clear()
    return shared


@pytest.fixture
def start():
    """Start receivers with settings of their own."""
    started = []

    def run(**settings):
        started.append(Running(**settings))
        return started[-1]

    yield run
    for one in started:
        one.close()


def traces(n=1, **fields):
    """Return a request of `n` ordinary spans; `fields` change them."""
    now = time.time_ns()
    request = SIGNALS["traces"].request()
    spans = request.resource_spans.add().scope_spans.add().spans
    usual = {"trace_id": b"t" * 16, "span_id": b"s" * 8, "start_time_unix_nano": now, "end_time_unix_nano": now + 1000}
    for _ in range(n):
        spans.add(**{**usual, "name": "chat", **fields})
    return request
