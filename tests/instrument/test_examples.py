"""Every recorded example, run as its page says, against the loopback providers; then stored, and asked as calls."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_cert.demo.processes import environment
from tests.providers.truth import ANSWER, ANSWERED, CALLED, CLAUDE, EMBEDDED, INVOKED, LOGPROBS
from tests.stored import Store

EXAMPLES = Path(__file__).parents[2] / "examples"
PRINTED = {
    "recorded_openai.py": [ANSWER, ANSWER],
    "recorded_anthropic.py": [ANSWER, ANSWER],
    "recorded_bedrock.py": [ANSWER, ANSWER],
    "recorded_langchain.py": [ANSWER, ANSWER],
    "recorded_llamaindex.py": [ANSWER],
    "recorded_by_hand.py": [ANSWER],
}


@pytest.fixture(scope="module")
def printed(providers, sink):
    """What each example printed; all run at once."""
    env = environment(
        OPENAI_BASE_URL=f"{providers}/v1", OPENAI_API_BASE=f"{providers}/v1", OPENAI_API_KEY="none",
        ANTHROPIC_BASE_URL=providers, ANTHROPIC_API_KEY="none",
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME=providers, AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none",
        OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="SPAN_ONLY",
    )  # fmt: skip
    running = {
        name: subprocess.Popen(
            [sys.executable, str(EXAMPLES / name)], env={**env, "OTEL_SERVICE_NAME": name},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in PRINTED
    }  # fmt: skip
    done = {name: (*process.communicate(timeout=600), process.returncode) for name, process in running.items()}
    assert {name: code for name, (_, _, code) in done.items()} == dict.fromkeys(PRINTED, 0), done
    return {name: output.splitlines() for name, (output, _, _) in done.items()}


@pytest.fixture(scope="module")
def store(printed, sink, tmp_path_factory):
    """A store of what the examples sent."""
    assert printed
    store = Store(tmp_path_factory.mktemp("examples"))
    store.take(*(request.SerializeToString() for request in sink.requests if hasattr(request, "resource_spans")))
    return store


@pytest.fixture(scope="module")
def calls(store):
    """Service -> its calls as (operation, provider, model, input tokens, output tokens), by time."""
    rows = store.rows(
        """SELECT service_name, operation, provider, request_model, input_tokens_total, output_tokens_total
        FROM genai_calls ORDER BY start_time"""
    )
    return {name: [tuple(row[1:]) for row in rows if row[0] == name] for name in PRINTED}


def test_every_recorded_example_is_run():
    assert {path.name for path in EXAMPLES.glob("recorded_*.py")} == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_the_example_prints_its_answers(printed, name):
    assert printed[name] == PRINTED[name]


def chat(usage, model="gpt-4o-mini", provider="openai", operation="chat"):
    return operation, provider, model, usage.given, usage.said


EMBEDDING = ("embeddings", "openai", "text-embedding-3-small")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recorded_openai.py", [chat(CALLED), chat(ANSWERED), chat(ANSWERED)]),
        ("recorded_anthropic.py", [chat(CLAUDE, "claude-sonnet-4-5", "anthropic")] * 2),
        (
            "recorded_bedrock.py",
            [
                chat(CLAUDE, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock"),
                chat(INVOKED, "meta.llama3-1-8b-instruct-v1:0", "aws.bedrock", "text_completion"),
            ],
        ),
        ("recorded_langchain.py", [chat(ANSWERED), chat(CALLED), chat(ANSWERED)]),
        ("recorded_llamaindex.py", [(*EMBEDDING, 2 * EMBEDDED, None), (*EMBEDDING, EMBEDDED, None), chat(ANSWERED)]),
        ("recorded_by_hand.py", [chat(ANSWERED)]),
    ],
)
def test_each_request_to_a_provider_is_one_call_with_the_providers_counts(calls, name, expected):
    assert calls[name] == expected


def test_the_hand_written_spans_hold_what_was_asked_found_and_answered(printed, sink):
    assert printed
    spans = {s.name: s for s in sink.spans() if s.resource["service.name"] == "recorded_by_hand.py"}
    whole = spans["invoke_workflow kitchen-helper"]
    assert json.loads(whole.attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == ANSWER
    assert len(json.loads(whole.attributes["gen_ai.prompt.variable.context"])) == 2
    assert (whole.attributes["app.version"], whole.attributes["app.passages"]) == ("1.2", 2)
    found = json.loads(spans["retrieval kitchen"].attributes["gen_ai.retrieval.documents"])
    assert found[0]["id"] == "tomatoes"
    assert spans["execute_tool to_fahrenheit"].attributes["gen_ai.tool.call.result"] == "50.0"
    inside = {name for name, s in spans.items() if s.parent == whole.name}
    assert inside == {"retrieval kitchen", "execute_tool to_fahrenheit", "chat gpt-4o-mini"}
    assert spans["chat gpt-4o-mini"].attributes["otel_cert.logprobs.values"] == list(LOGPROBS)


def test_the_pages_query_gives_the_perplexity_of_the_answer(store):
    (sql,) = re.findall(r"```sql\n(.*?)```", (EXAMPLES.parent / "docs" / "logprobs.md").read_text(), re.DOTALL)
    ((_, perplexity),) = store.rows(sql)
    assert perplexity == round(math.exp(-sum(LOGPROBS) / len(LOGPROBS)), 2)


def test_the_hand_written_spans_become_rows_of_their_kind(store):
    only = "WHERE service_name = 'recorded_by_hand.py'"
    assert store.rows(f"SELECT workflow_name FROM genai_agent_runs {only}") == [("kitchen-helper",)]
    assert store.rows(f"SELECT tool_name, arguments, result FROM genai_tool_executions {only}") == [
        ("to_fahrenheit", '{"celsius":10}', "50.0")
    ]
    ((source, query, documents),) = store.rows(f"SELECT data_source_id, query, documents FROM genai_retrievals {only}")
    assert (source, query) == ("kitchen", "How should I store tomatoes?")
    assert [d["id"] for d in json.loads(documents)][:1] == ["tomatoes"]
    assert "room temperature" in json.loads(documents)[0]["text"]


def test_whoever_recorded_it_the_conventions_are_read(store):
    found = store.rows("SELECT DISTINCT service_name, dialect FROM genai_calls ORDER BY ALL")
    assert {service for service, dialect in found if dialect in ("otel-latest", "anthropic-sdk-native")} == set(PRINTED)
