"""`otel_cert.instrument()` and `import otel_cert.auto`, each in a fresh process: providers and patches are global."""

import json
import socket
import subprocess
import sys

import pytest

import otel_cert
from otel_cert.demo.processes import environment
from otel_cert.errors import UsageError
from tests.instrument.conftest import Sink

CALL = """
import openai
client = openai.OpenAI(base_url=PROVIDERS + "/v1", api_key="none", max_retries=0)
answer = client.chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "What is Oslo?"}], logprobs=True
)
"""


def python(code, providers="", **env):
    """Run code in a fresh Python; returns what it printed."""
    own = environment(**env)
    done = subprocess.run(
        [sys.executable, "-c", f"PROVIDERS = {providers!r}\n{code}"],
        env=own,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def spans(sink: Sink):
    sink.requests.clear()
    return sink.spans


def test_the_import_alone_records_and_says_where_to_and_without_a_word_no_content(providers, sink, spans):
    done = python(
        f"import logging, sys; logging.basicConfig(level='INFO', stream=sys.stdout)\nimport otel_cert.auto\n{CALL}",
        providers, OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint, OTEL_SERVICE_NAME="app",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )  # fmt: skip
    (span,) = spans()
    assert span.attributes["gen_ai.usage.input_tokens"] == 41
    assert span.resource["service.name"] == "app"
    assert span.resource["deployment.environment.name"] == "test"
    assert done.stdout.count("otel-cert: telemetry goes to") == 1
    assert f"traces to {sink.endpoint}/v1/traces" in done.stdout
    assert "Oslo" not in str(span.attributes)
    assert "otel_cert.logprobs.tokens" not in span.attributes, "they spell the answer"
    assert len(span.attributes["otel_cert.logprobs.values"]) == 7
    assert sink.logs() == []


def test_content_as_events_leaves_as_logs(providers, sink, spans):
    env = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "EVENT_ONLY"}
    python(f"import otel_cert.auto\n{CALL}", providers, OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint, **env)
    assert "Oslo" not in str(spans()[0].attributes)
    (log,) = sink.logs()
    assert log.name == "gen_ai.client.inference.operation.details"
    assert log.span_id == spans()[0].span.span_id
    assert "What is Oslo?" in str(log.attributes["gen_ai.input.messages"])


def test_grpc_is_spoken_and_content_recorded_when_the_environment_says_so(providers, otlp_grpc):
    python(
        f"import otel_cert.auto\n{CALL}", providers, OTEL_EXPORTER_OTLP_ENDPOINT=otlp_grpc.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc", OTEL_LOGS_EXPORTER="none",
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true",
    )  # fmt: skip
    (span,) = otlp_grpc.spans()
    assert span.name == "chat gpt-4o-mini"
    assert "What is Oslo?" in span.attributes["gen_ai.input.messages"]


def test_an_existing_provider_is_used_and_kept(providers, sink, spans):
    code = f"""
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
import otel_cert
report = otel_cert.instrument(ENDPOINT)
assert trace.get_tracer_provider() is provider
{CALL}
print([s.name for s in memory.get_finished_spans()], report.exporting)"""
    own = code.replace(CALL, "trace.get_tracer('app').start_span('own').end()")
    alone = python(f"ENDPOINT = None\n{own}", OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint)
    assert alone.stdout.strip() == "['own'] the application's own tracer provider"
    assert spans() == [], "it exports where it exported before"
    added = python(f"ENDPOINT = {sink.endpoint!r}\n{code}", providers)
    assert added.stdout.startswith("['chat gpt-4o-mini'] the application's own tracer provider, and traces to")
    assert [s.name for s in spans()] == ["chat gpt-4o-mini"]


def test_arguments_come_before_the_environment_and_calling_twice_changes_nothing(providers, sink, spans):
    code = f"""
import json
import otel_cert
from opentelemetry import trace
asked = dict(endpoint={sink.endpoint!r}, capture_content=False, service_name="given", resource={{"team": "north"}})
first = otel_cert.instrument(**asked)
provider = trace.get_tracer_provider()
second = otel_cert.instrument(**asked)
import otel_cert.auto
assert first is second is otel_cert.auto.REPORT
assert trace.get_tracer_provider() is provider
waiting = first["openai"].state
{CALL}
print(json.dumps([waiting, first["openai"].state, first["openai"].by, first["openai"].reason, str(first)]))
"""
    env = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true", "TRACELOOP_TRACE_CONTENT": "true"}
    done = python(code, providers, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_SERVICE_NAME="other", **env)
    (span,) = spans()
    assert (span.resource["service.name"], span.resource["team"]) == ("given", "north")
    assert "Oslo" not in str(span.attributes)
    assert done.stderr.count("what this call asks for is ignored") == 1
    waiting, state, by, reason, text = json.loads(done.stdout)
    assert (waiting, state) == ("waiting", "on")
    assert by.startswith("opentelemetry-instrumentation-genai-openai ")
    assert reason.startswith("openai ")
    assert f"openai: on ({by}, {reason})" in text


def test_the_report_says_what_is_skipped_and_why():
    code = """
import json
import otel_cert
from otel_cert.instrument import libraries
installed = libraries._version
missing = ("boto3", "opentelemetry-instrumentation-genai-anthropic")
libraries._version = lambda name: None if name in missing else installed(name)
report = otel_cert.instrument()
print(json.dumps({s.library: [s.state, s.reason] for s in report.libraries}))"""
    env = {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    told = json.loads(python(code, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="langchain, openai", **env).stdout)
    assert told["openai"] == told["langchain"] == ["skipped", "named in OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"]
    assert told["bedrock"] == ["skipped", "boto3 is not installed"]
    assert told["anthropic"] == ["skipped", "nothing installed records it: pip install 'otel-cert[anthropic]'"]
    assert told["llamaindex"] == ["waiting", "until llama_index.core is imported"]


def test_what_the_application_has_turned_on_itself_is_left_alone(providers, sink, spans):
    code = f"""
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
OpenAIInstrumentor(enrich_assistant=True).instrument()
import otel_cert
report = otel_cert.instrument({sink.endpoint!r})
{CALL}
from opentelemetry.instrumentation.openai.shared.config import Config
print(report["openai"], Config.enrich_assistant)"""
    done = python(code, providers)
    assert "skipped" in done.stdout
    assert "has turned on opentelemetry-instrumentation-openai" in done.stdout
    assert done.stdout.strip().endswith("True"), "with the options that the application gave it"
    assert [s.name for s in spans()] == ["openai.chat"]
    assert "Oslo" not in str(spans()[0].attributes), "its default would be to record content"


def test_traceloop_records_where_the_better_instrumentation_is_not_installed(providers, sink, spans):
    code = f"""
from otel_cert.instrument import libraries
installed = libraries._version
libraries._version = lambda name: None if "genai-openai" in name else installed(name)
import otel_cert
otel_cert.instrument({sink.endpoint!r}, capture_content=True)
{CALL}"""
    python(code, providers)
    (span,) = spans()
    assert span.name == "openai.chat"
    assert span.attributes["gen_ai.usage.input_tokens"] == 41
    assert json.loads(span.attributes["otel_cert.logprobs.tokens"])[0] == "Oslo"


@pytest.mark.parametrize("endpoint", ["ftp://127.0.0.1", "127.0.0.1:4318", "http://", "http://host:port", ""])
def test_an_endpoint_that_is_none_is_refused_with_what_to_write(endpoint):
    with pytest.raises(UsageError, match="is no URL") as caught:
        otel_cert.instrument(endpoint)
    assert "use http://HOST:PORT" in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://x", "OTEL_EXPORTER_OTLP_ENDPOINT='ftp://x' is no URL"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "pigeon", "OTEL_EXPORTER_OTLP_PROTOCOL=pigeon is not known"),
        ("OTEL_TRACES_EXPORTER", "nowhere", "OTEL_TRACES_EXPORTER=nowhere: no such exporter is installed"),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "maybe", "=MAYBE is not known"),
    ],
)
def test_a_bad_environment_is_told_and_the_application_runs(variable, value, told):
    env = {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    env = {} if "OTLP" in variable else env
    done = python("import otel_cert.auto\nprint('runs')", **{**env, variable: value})
    assert done.stdout.strip() == "runs"
    assert told in done.stderr


def test_a_disabled_sdk_turns_everything_off(providers):
    code = f"import otel_cert.auto\n{CALL}\nprint(otel_cert.auto.REPORT, type(client.chat.completions.create).__name__)"
    done = python(code, providers, OTEL_SDK_DISABLED="true")
    assert "nowhere: OTEL_SDK_DISABLED=true" in done.stdout
    assert done.stdout.strip().endswith(" method"), "nothing is patched"


@pytest.mark.parametrize("kind", ["dead", "silent"])
def test_a_receiver_that_is_dead_or_silent_slows_no_call_and_hardly_the_end(kind):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if kind == "dead":
            listener.close()
        code = f"""
import atexit, time
atexit.register(lambda: print(time.monotonic() - ended))  # registered first, runs last
import otel_cert
from otel_cert.instrument import exporting
exporting.EXIT_S = 1
otel_cert.instrument("http://127.0.0.1:{port}")
from opentelemetry import trace
tracer = trace.get_tracer("many")
started = time.monotonic()
for _ in range(5000):  # more than the queue takes
    tracer.start_span("x").end()
ended = time.monotonic()
print(ended - started)
"""
        calls, end = map(float, python(code).stdout.split())
    assert calls < 5
    assert end < 1 + 4, "the end waits for EXIT_S at most; the rest is a busy machine"


def test_the_package_loads_nothing_heavy():
    code = """
import sys
import otel_cert.instrument
import otel_cert.auto
heavy = {"duckdb", "pyarrow", "grpc", "torch", "deltalake", "pydantic", "openai", "anthropic", "langchain_core"}
print(sorted(heavy & set(sys.modules)))"""
    env = {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    assert python(code, **env).stdout.strip() == "[]"
