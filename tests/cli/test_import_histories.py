"""`otel-cert import` of what other tools recorded: it becomes calls, tools, retrievals and agents like anything else."""

import json
from pathlib import Path

import pytest

from .serving import ask, cli

HISTORIES = Path(__file__).parents[1] / "data" / "histories"


def load(data, *paths):
    return cli("import", "--data-dir", data, "--format", "json", *paths)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Every history, imported."""
    data = tmp_path_factory.mktemp("histories") / "data"
    done = load(data, HISTORIES)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["files"], found["spans"], found["failed"], found["skipped_files"]) == (3, 17, 0, 0)
    assert done.stderr == ""
    return data


def test_calls_of_cert_are_calls(data):
    calls = ask(
        data,
        """SELECT provider, request_model, response_model, input_tokens_total, cache_read_tokens, output_tokens_total,
        tokens_source, cost_recorded_usd, duration_ns, finish_reasons, streaming FROM genai_calls
        WHERE scope_name = 'otel_cert.import.cert' AND parent_span_id = '' AND workflow_name IS NULL ORDER BY start_time""",
    )
    none = None
    assert calls == [
        ("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", 21, none, 4, "reported", 5.55e-06, none, ["stop"], none),
        ("anthropic", "claude-sonnet-4-20250514", none, 1012, 1000, 5, "reported", 0.000111, 456_200_000, ["stop"], none),
        ("openai", "gpt-4o", none, 15, none, 1, "estimated", 9e-05, none, none, True),
        ("azure.ai.openai", "deployment-a", none, none, none, none, "missing", none, none, none, none),
        (none, none, none, none, none, none, "missing", none, none, none, none),
        ("aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0", none, none, none, none, "missing", none, none, none, none),
    ]  # fmt: skip


def test_what_cert_recorded_of_one_call(data):
    ((conversation, user, asked, said, started),) = ask(
        data,
        """SELECT conversation_id, user_id, input_messages, output_messages, start_unix_ns
        FROM genai_calls WHERE provider = 'anthropic'""",
    )
    assert (conversation, user) == ("s-1", "u-7")
    assert json.loads(asked) == [{"role": "user", "parts": [{"type": "text", "content": "And on Mondays?"}]}]
    assert json.loads(said) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "It is closed."}], "finish_reason": "end_turn"}
    ]
    assert started == 1_767_261_601 * 10**9


def test_a_failed_call_of_cert_says_what_is_known_of_the_failure(data):
    failed = ask(
        data,
        "SELECT error_type, error_class, http_status, error_message FROM genai_calls WHERE provider = 'azure.ai.openai'",
    )
    assert failed == [("_OTHER", "rate_limit", 429, "Error code: 429 - too many requests")]


def test_a_decorated_function_keeps_its_context_and_duration(data):
    answers = ask(
        data,
        """SELECT operation, retrieved_context, duration_ns, error_message FROM genai_calls
        WHERE workflow_name = 'answer' ORDER BY start_time""",
    )
    assert answers == [
        ("chat", '["Built in 1901.", "Enlarged in 1950."]', 1_234_500_000, None),
        ("chat", None, 2_000_000, "index not found"),
    ]
    assert ask(data, "SELECT workflow_name FROM genai_agent_runs WHERE operation = 'invoke_workflow'") == [
        ("process_document",)
    ]


def test_what_cert_did_not_record_is_null(data):
    unknown = ask(
        data,
        """SELECT DISTINCT provider, request_model, response_model, input_tokens_total, output_tokens_total, tokens_source,
        cost_recorded_usd, total_cost, reason
        FROM genai_calls JOIN costs USING (trace_id, span_id) WHERE workflow_name = 'answer'""",
    )
    assert unknown == [(None, None, None, None, None, "missing", None, None, "no_tokens")]
    assert ask(data, "SELECT end_time, duration_ns FROM genai_calls WHERE provider = 'azure.ai.openai'") == [
        (None, None)
    ]


def test_generations_of_langfuse_are_calls(data):
    calls = ask(
        data,
        """SELECT operation, provider, request_model, input_tokens_total, cache_read_tokens, cache_write_tokens,
        output_tokens_total, reasoning_tokens, cost_recorded_usd, ttft_s, environment, service_name, service_version,
        conversation_id, user_id
        FROM genai_calls WHERE scope_name = 'otel_cert.import.langfuse' ORDER BY start_time""",
    )
    none = None
    assert calls == [
        ("chat", "openai", "gpt-4o", 1122, 1024, none, 68, 8, 0.002205, 0.12, "production", "support", "v1.4.2",
         "support-chat-session", "u-1"),
        ("embeddings", none, "text-embedding-3-small", 3, none, none, none, none, none, none, "default", none, none,
         none, none),
        ("chat", none, "claude-sonnet-4-20250514", 11286, 10692, 592, 13, none, 0.0055, none, "default", none, none,
         "s-2", "u-2"),
    ]  # fmt: skip


def test_other_observations_of_langfuse_are_tools_retrievals_and_agents(data):
    assert ask(data, "SELECT tool_name, arguments, error_type FROM genai_tool_executions") == [
        ("close_ticket", '{"ticket": 7}', "_OTHER")
    ]
    ((query, documents),) = ask(data, "SELECT query, documents FROM genai_retrievals")
    assert query == "closing a ticket"
    assert [(d["text"], d["metadata"]) for d in json.loads(documents)] == [
        ("Say goodbye.", {"page": 4}),
        ("Be kind.", None),
    ]
    assert ask(data, "SELECT agent_name FROM genai_agent_runs WHERE operation = 'invoke_agent'") == [("helper",)]


def test_observations_stay_below_their_parents_whatever_their_ids_look_like(data):
    children = ask(
        data,
        """SELECT child.name, parent.name, child.attributes['langfuse.id'] FROM spans child
        JOIN spans parent ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.span_id ORDER BY ALL""",
    )
    assert children == [
        ("anthropic", "request", "00000000000000a2"),
        ("close_ticket", "helper", "support-chat-7-tool"),
        ("embed", "request", "00000000000000a3"),
        ("handbook", "helper", "support-chat-7-docs"),
        ("handed over", "helper", "support-chat-7-event"),
        ("llm-generation", "helper", "support-chat-7-gen"),
    ]
    assert ask(data, "SELECT trace_id, span_id FROM spans WHERE name = 'request'") == [
        ("0" * 31 + "a", "0" * 14 + "a1")
    ]


def test_importing_again_changes_nothing(data, tmp_path):
    before = ask(data, "SELECT * FROM spans ORDER BY trace_id, span_id")
    assert len(before) == 17
    (tmp_path / "renamed").write_bytes((HISTORIES / "cert.jsonl").read_bytes())
    assert load(data, HISTORIES, tmp_path).returncode == 0
    assert ask(data, "SELECT * FROM spans ORDER BY trace_id, span_id") == before


def test_bad_payloads_are_stored_raw_and_flagged_and_the_rest_goes_on(tmp_path):
    good = {
        "timestamp": "2026-01-01T00:00:00Z",
        "platform": "openai",
        "model": "m",
        "input_data": "Hi",
        "output_data": "Ho",
    }
    lines = [
        good,
        good
        | {"timestamp": "soon", "metadata": {"prompt_tokens": "many", "completion_tokens": 3}, "latency_ms": "slow"},
        good | {"input_data": '[{"role": "user", "content": "cut o', "cost": "free", "metadata": ["odd"]},
        good | {"input_data": "x" * (10 << 20)},
        good | {"input_data": [{"role": "user", "content": [{"type": "hologram", "data": 1}]}], "output_data": "a\0b"},
        good | {"output_data": "half \ud83d"},
        {
            "id": 7,
            "traceId": None,
            "startTime": 1767225600,
            "type": "GENERATION",
            "usageDetails": [1],
            "modelParameters": "?",
        },
    ]
    history = tmp_path / "history.jsonl"
    history.write_bytes(
        b"\n".join([*(json.dumps(line).encode() for line in lines), b'{"timestamp": "20', b'{"other": 1}'])
    )
    done = load(tmp_path / "data", history)
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert (found["spans"], found["failed"]) == (len(lines), 2)
    assert done.stderr.splitlines() == [
        "failed, not JSON, or cut off:",
        f"  {history}:8",
        "failed, no JSON with resourceSpans, resourceLogs or resourceMetrics, and no record of CERT or Langfuse:",
        f"  {history}:9",
        "stored, but protobuf has no lone surrogates, they are spelled out:",
        f"  {history}:6",
    ]
    spans = ask(
        tmp_path / "data",
        """SELECT coalesce(attributes['cert.import.flags'], attributes['langfuse.import.flags']),
        list_sort(flags) FROM spans ORDER BY sequence""",
    )
    assert spans == [
        (None, ["no_end"]),
        ("timestamp: not a time; latency_ms: not a duration; input_tokens: not a count", ["no_end", "no_start"]),
        ("metadata: not an object; input_data: not JSON; cost: not an amount", ["no_end"]),
        (None, ["large_attribute", "no_end"]),
        (None, ["no_end"]),
        ("lone surrogates", ["no_end"]),
        ("model_parameters: not an object; usage_details: not an object", ["no_end"]),
    ]
    raw = ask(
        tmp_path / "data",
        """SELECT attributes['cert.timestamp'], attributes['cert.latency_ms'], attributes['cert.cost'],
        attributes['cert.metadata'], length(attributes['gen_ai.input.messages']) > 10 << 20,
        attributes['gen_ai.input.messages'], attributes['gen_ai.output.messages'] FROM spans ORDER BY sequence""",
    )
    assert raw[1][:2] == ("soon", "slow")
    assert json.loads(raw[1][3]) == {"prompt_tokens": "many", "completion_tokens": 3}
    assert raw[2][2] == "free"
    assert json.loads(raw[2][5])[0]["parts"][0]["content"] == '[{"role": "user", "content": "cut o'
    assert raw[3][4]
    assert json.loads(raw[4][5])[0]["parts"] == [{"type": "hologram", "data": 1}]
    assert json.loads(raw[4][6])[0]["parts"][0]["content"] == "a\0b"
    assert json.loads(raw[5][6])[0]["parts"][0]["content"] == r"half \ud83d"
    assert ask(tmp_path / "data", "SELECT count(*) FROM genai_calls") == [(len(lines),)]


def otlp(number, **attributes):
    """Return a line of the Collector's file exporter with one chat span."""
    usual = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m"}
    span = {
        "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat", "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": "1767225601000000000",
        "attributes": [
            {"key": key, "value": {"stringValue": value}}
            for key, value in (usual | {k.replace("__", "."): v for k, v in attributes.items()}).items()
        ],
    }  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def test_bad_attributes_in_lines_of_the_collector_are_stored_raw_and_flagged(tmp_path):
    cut, unknown = '[{"role": "user", "par', '[{"role": "user", "parts": [{"type": "hologram", "data": 1}]}]'
    lines = [
        otlp(1, gen_ai__input__messages=cut),
        otlp(2, gen_ai__usage__input_tokens="many"),
        otlp(3, gen_ai__input__messages="x" * (10 << 20)),
        otlp(4, gen_ai__input__messages=unknown),
        otlp(5, note="a\0b"),
        otlp(6, note="half \ud83d"),
        otlp(7).replace("1767225600000000000", "soon"),
        otlp(8),
    ]
    recorded = tmp_path / "collector.json"
    recorded.write_text("\n".join(lines))
    done = load(tmp_path / "data", recorded)
    assert done.returncode == 1
    assert [line.strip() for line in done.stderr.splitlines() if "collector.json" in line] == [
        f"{recorded}:7",  # no OTLP: named, and the rest goes on
        f"{recorded}:6",
    ]
    calls = ask(tmp_path / "data", "SELECT unreadable, input_messages FROM genai_calls ORDER BY trace_id")
    assert [unreadable for unreadable, _ in calls] == [
        ["input_messages"],
        ["input_tokens"],
        ["input_messages"],
        *[None] * 4,
    ]
    assert json.loads(calls[3][1]) == json.loads(unknown)
    spans = ask(
        tmp_path / "data",
        """SELECT attributes['gen_ai.input.messages'], attributes['gen_ai.usage.input_tokens'], attributes['note'], flags
        FROM spans ORDER BY trace_id""",
    )
    assert spans[0][0] == cut
    assert spans[1][1] == "many"
    assert (len(spans[2][0]), spans[2][3]) == (10 << 20, ["large_attribute"])
    assert (spans[4][2], spans[5][2]) == ("a\0b", r"half \ud83d")
