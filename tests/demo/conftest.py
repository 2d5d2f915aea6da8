"""A loopback model server and a sink for OTLP, so that the application is tested without the receiver."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from otel_cert.demo import openai_server
from otel_cert.demo.knowledge import load


@pytest.fixture(scope="package")
def model_url():
    with openai_server.serve(load()) as url:
        yield url


class OtlpSink:
    """Collects what exporters send, over HTTP and gRPC."""

    def __init__(self):
        self.requests = []
        self.metrics = set()

    def traces(self, request):
        self.requests.append(request)

    def measured(self, request):
        self.metrics |= {m.name for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics}

    def spans(self):
        """Every span with its attributes as a plain dict, in the order received."""
        return [
            SimpleNamespace(
                span=span, name=span.name, attributes=plain(span.attributes), resource=plain(r.resource.attributes)
            )
            for request in self.requests
            for r in request.resource_spans
            for scope in r.scope_spans
            for span in scope.spans
        ]


def plain(attributes):
    return {a.key: next(iter(MessageToDict(a.value).values()), None) for a in attributes}


@contextmanager
def collecting(take):
    """Serve OTLP over HTTP, give `take(path, body)` each request, and yield the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            take(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments):
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # seconds until it sees its end
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def otlp_http():
    sink = OtlpSink()

    def take(path, body):
        if path == "/v1/traces":
            sink.traces(trace_service_pb2.ExportTraceServiceRequest.FromString(body))
        else:
            sink.measured(metrics_service_pb2.ExportMetricsServiceRequest.FromString(body))

    with collecting(take) as sink.endpoint:
        yield sink


@pytest.fixture
def otlp_grpc():
    sink = OtlpSink()

    class Traces(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request, _context):  # noqa: N802 - named by the service
            sink.traces(request)
            return trace_service_pb2.ExportTraceServiceResponse()

    class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
        def Export(self, request, _context):  # noqa: N802 - named by the service
            sink.measured(request)
            return metrics_service_pb2.ExportMetricsServiceResponse()

    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Traces(), server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
    sink.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield sink
    server.stop(None).wait()
