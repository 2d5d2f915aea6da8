"""Loopback providers and an OTLP sink; applications run in processes of their own, bare or under `otel-cert run`."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_cert.demo.processes import environment
from tests.demo.conftest import collecting, otlp_grpc  # noqa: F401 - a fixture
from tests.providers.server import serve
from tests.providers.truth import Usage

APPS = Path(__file__).parent / "apps"


@pytest.fixture(scope="package")
def providers():
    with serve() as url:
        yield url


@dataclass
class Sink:
    """Collects what exporters send."""

    endpoint: str = ""
    requests: list = field(default_factory=list)

    def spans(self):
        """Every span with plain attributes and the name of its parent, in the order received."""
        found = [
            (span, scope.scope.name, r.resource)
            for request in self.requests
            if isinstance(request, ExportTraceServiceRequest)
            for r in request.resource_spans
            for scope in r.scope_spans
            for span in scope.spans
        ]
        names = {span.span_id: span.name for span, _, _ in found}
        return [
            SimpleNamespace(
                name=span.name, span=span, scope=scope, parent=names.get(span.parent_span_id, ""),
                attributes=plain(span.attributes), resource=plain(resource.attributes),
                start=span.start_time_unix_nano, end=span.end_time_unix_nano, failed=span.status.code == 2,
            )
            for span, scope, resource in found
        ]  # fmt: skip

    def logs(self):
        return [
            SimpleNamespace(name=log.event_name, attributes=plain(log.attributes), span_id=log.span_id)
            for request in self.requests
            if isinstance(request, ExportLogsServiceRequest)
            for r in request.resource_logs
            for scope in r.scope_logs
            for log in scope.log_records
        ]

    def metrics(self):
        return {
            metric.name
            for request in self.requests
            if isinstance(request, ExportMetricsServiceRequest)
            for r in request.resource_metrics
            for scope in r.scope_metrics
            for metric in scope.metrics
        }


def plain(attributes):
    return {a.key: _plain(MessageToDict(a.value)) for a in attributes}


def _plain(value):
    for kind, content in value.items():
        if kind == "arrayValue":
            return [_plain(item) for item in content.get("values", [])]
        if kind == "kvlistValue":
            return {entry["key"]: _plain(entry.get("value", {})) for entry in content.get("values", [])}
        return int(content) if kind == "intValue" else content
    return None


_REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}


@pytest.fixture(scope="module")
def sink():
    sink = Sink()
    with collecting(lambda path, body: sink.requests.append(_REQUESTS[path].FromString(body))) as sink.endpoint:
        yield sink


@dataclass(frozen=True)
class Runs:
    """An application that ran twice, bare and recorded."""

    bare: dict
    recorded: dict
    warnings: str
    spans: list
    sink: Sink

    def spans_of(self, case):
        """The spans below that of a case, by start."""
        return sorted((s for s in self.spans if s.parent == case), key=lambda s: s.start)

    def span_of(self, case, scope="opentelemetry.instrumentation"):
        """The one span of a case with such a scope."""
        found = [s for s in self.spans_of(case) if s.scope.startswith(scope)]
        assert len(found) == 1, [(s.name, s.scope) for s in self.spans]
        return found[0]


@pytest.fixture(scope="module")
def runs(request, providers, sink):
    """The application of a test module, `APP` with options of `otel-cert run`, run bare and recorded with content.

    Each prints what its cases returned as JSON.
    """
    app, *options = request.module.APP
    own = environment(
        PROVIDERS=providers,
        PYTHONWARNINGS="ignore",
        OPENAI_API_KEY="none",
        AZURE_OPENAI_API_KEY="none",
        ANTHROPIC_API_KEY="none",
    )
    python = [sys.executable, str(APPS / app)]
    run = [sys.executable, "-m", "otel_cert", "run", "--endpoint", sink.endpoint, "--capture-content", *options, "--"]
    bare = subprocess.Popen(python, env=own, stdout=subprocess.PIPE, text=True)
    done = subprocess.run([*run, *python], env=own, capture_output=True, text=True, timeout=120)
    output, _ = bare.communicate(timeout=120)
    assert (bare.returncode, done.returncode) == (0, 0), done.stderr
    return Runs(json.loads(output), json.loads(done.stdout), done.stderr, sink.spans(), sink)


def messages(span, which="output"):
    """The `input` or `output` messages of a span."""
    return json.loads(span.attributes[f"gen_ai.{which}.messages"])


def assert_counts(span, usage):
    """The span has the tokens that the provider counted, by kind."""

    def cached_or_reasoning(kind):
        return span.attributes.get(f"gen_ai.usage.{kind}", 0)

    counted = Usage(
        span.attributes["gen_ai.usage.input_tokens"],
        span.attributes["gen_ai.usage.output_tokens"],
        cached_or_reasoning("cache_read.input_tokens"),
        cached_or_reasoning("cache_write.input_tokens"),
        cached_or_reasoning("reasoning.output_tokens"),
    )
    assert counted == usage
