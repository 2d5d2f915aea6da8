"""What `genai` reads from recorded requests of real instrumentations equals what the provider really answered."""

import json
from typing import Any

import pyarrow as pa
import pytest
import yaml

from tests.processors.rows import CAPTURES, connect, decoded_capture, evaluate

FOLDERS = (
    "otel-genai-anthropic", "otel-genai-openai", "otel-genai-openai-eventonly", "otel-genai-openai-nocontent",
    "otel-genai-openai-spanonly", "traceloop-anthropic", "traceloop-openai", "traceloop-openai-nocontent",
)  # fmt: skip
CAPTURED = [
    f"{folder}/{path.name.removesuffix('.expect.json')}"
    for folder in FOLDERS
    for path in sorted((CAPTURES / folder).glob("*.expect.json"))
]
FINISH = {"tool_calls": "tool_call", "tool_use": "tool_call", "end_turn": "stop"}
ERROR_CLASS = {429: "rate_limit", 500: "server"}
TOKENS = {
    "input_tokens_total": "input_tokens", "output_tokens_total": "output_tokens",
    "cache_read_tokens": "cache_read_tokens", "cache_write_tokens": "cache_write_tokens",
    "reasoning_tokens": "reasoning_tokens",
}  # fmt: skip


def expected(call: dict[str, Any]) -> dict[str, Any]:
    """Return the row that a lossless recording of this call would give."""
    embeddings = call["kind"] == "embeddings"
    tokens = {ours: call.get(theirs) if call["usage_on_wire"] else None for ours, theirs in TOKENS.items()}
    status = (call.get("error") or {}).get("status")
    return tokens | {
        "operation": "embeddings" if embeddings else "chat",
        "provider": call["provider"],
        "request_model": call["request_model"],
        "response_model": call["response_model"],
        "response_id": call.get("response_id"),
        "output_tokens_total": None if embeddings else tokens["output_tokens_total"],
        "tokens_source": "reported" if call["usage_on_wire"] else "missing",
        "finish_reasons": [FINISH.get(r, r) for r in call.get("finish_reasons", ())] or None,
        "streaming": call["streaming"],
        "output_texts": call.get("output_texts", []),
        "tool_calls": [(c["id"], c["name"], c["arguments"]) for c in call.get("tool_calls", ())],
        "http_status": status,
        "error_class": ERROR_CLASS.get(status),
    }


def read(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with the texts and tool calls of its output messages."""
    parts = [message["parts"] for message in json.loads(row["output_messages"] or "[]")]
    texts = ["".join(p["content"] for p in message if p["type"] == "text") for message in parts]
    tool_calls = [
        (p["id"], p["name"], p["arguments"]) for message in parts for p in message if p["type"] == "tool_call"
    ]
    return row | {"output_texts": [t for t in texts if t], "tool_calls": tool_calls}


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    """The calls of every capture, found in one round: neither traces nor equal response ids mix them up."""
    traces, tables = {}, {"traces": [], "logs": []}
    for capture in CAPTURED:
        decoded = {signal: decoded_capture(capture, signal) for signal in tables}
        traces |= dict.fromkeys(decoded["traces"]["trace_id"].to_pylist(), capture)
        for signal, table in decoded.items():
            tables[signal].append(table)
    found: dict[str, list[dict[str, Any]]] = {capture: [] for capture in CAPTURED}
    for row in evaluate(connect(*map(pa.concat_tables, tables.values())))["genai_calls"]:
        found[traces[row["trace_id"]]].append(row)
    return found


def differences(capture: str, rows: list[dict[str, Any]]) -> set[str]:
    """Return the names of the fields that differ from the truth in any call; `calls` when their number does."""
    truth = json.loads((CAPTURES / f"{capture}.expect.json").read_text())
    if len(rows) != truth["n_provider_calls"]:
        return {"calls"}
    pairs = [(read(row), expected(call)) for row, call in zip(rows, truth["calls"], strict=True)]
    return {field for row, call in pairs for field, value in call.items() if row[field] != value}


def test_only_what_cannot_be_known_differs_from_the_truth(rows: dict[str, list[dict[str, Any]]]) -> None:
    known = yaml.safe_load((CAPTURES / "unknowable.yaml").read_text())
    unknowable = {
        (f"{folder}/{scenario}", entry["field"])
        for entry in known
        for folder, scenarios in entry["captures"].items()
        for scenario in scenarios
    }
    assert len(CAPTURED) > 60
    assert {(capture, field) for capture in CAPTURED for field in differences(capture, rows[capture])} == unknowable


def test_a_call_that_the_client_library_records_too_is_one_row(rows: dict[str, list[dict[str, Any]]]) -> None:
    doubled = [row for capture in CAPTURED if "anthropic" in capture for row in rows[capture]]
    assert {row["scope_name"] for row in doubled} == {"com.anthropic.sdk.python"}
    assert all(row["dedupe_group"] and row["input_messages"] for row in doubled)
    single = [row for capture in CAPTURED if "openai" in capture for row in rows[capture]]
    assert {row["dedupe_group"] for row in single} == {None}


def test_first_chunk_of_a_stream_gives_time_to_first_token(rows: dict[str, list[dict[str, Any]]]) -> None:
    for folder in ("otel-genai-openai", "traceloop-openai", "traceloop-anthropic"):
        (call,) = rows[f"{folder}/chat_stream_a"]
        assert 0 < call["ttft_s"] < call["duration_ns"] / 1e9
    assert rows["traceloop-openai/chat_a"][0]["ttft_s"] is None


def test_dialect_and_resource(rows: dict[str, list[dict[str, Any]]]) -> None:
    dialects = {capture: {row["dialect"] for row in rows[capture]} for capture in CAPTURED if "openai" in capture}
    assert all(
        found == {"otel-latest" if "otel-genai" in capture else "traceloop-new"} for capture, found in dialects.items()
    )
    (call,) = rows["traceloop-openai/session_a"]
    assert (call["service_name"], call["service_version"], call["environment"]) == (
        "otel-cert-capture",
        "1.2.3",
        "test",
    )
    assert call["user_id"] == "user-anna"


def test_content_sent_as_log_event_equals_content_sent_on_the_span(rows: dict[str, list[dict[str, Any]]]) -> None:
    for scenario in ("chat_a", "tools_a", "multi_turn_system_a"):
        pairs = zip(rows[f"otel-genai-openai/{scenario}"], rows[f"otel-genai-openai-eventonly/{scenario}"], strict=True)
        for span, event in pairs:
            for field in ("input_messages", "output_messages", "tool_definitions"):
                assert json.loads(event[field] or "null") == json.loads(span[field] or "null")
            assert event["content_state"] == span["content_state"] == "present"
    assert rows["otel-genai-openai-nocontent/chat_a"][0]["content_state"] == "absent"
