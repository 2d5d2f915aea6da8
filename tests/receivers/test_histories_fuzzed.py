"""Whatever a line of a history holds: the import reads on, says why, and what it makes is OTLP."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_cert.otlp.requests import PROTOBUF, parse
from otel_cert.receivers.files import read

CERT_CALL = ("timestamp", "platform", "model", "input_data", "output_data", "metadata", "cost", "error", "latency_ms")
CERT_FUNCTION = (
    "timestamp", "function", "duration_ms", "status", "error", "metadata", "input", "context", "answer",
)  # fmt: skip
LANGFUSE = (
    "id", "traceId", "type", "name", "startTime", "endTime", "completionStartTime", "parentObservationId", "level",
    "statusMessage", "model", "providedModelName", "modelParameters", "input", "output", "usage", "usageDetails",
    "costDetails", "totalCost", "metadata", "sessionId", "userId", "environment", "release", "promptName",
    "promptVersion", "observations", "data",
)  # fmt: skip
INNER = (
    "role", "content", "type", "text", "parts", "messages", "tool_calls", "function", "arguments", "choices", "message",
    "documents", "input", "output", "total", "input_tokens", "prompt_tokens", "estimated_prompt_tokens", "tools",
    "system", "finish_reason", "attributes", "resourceAttributes", "service.name", "lc", "kwargs", "id", "toolUse",
    "input_cached_tokens", "unit", "temperature", "startTime", "traceId",
)  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "\0", "GENERATION", "TOOL", "RETRIEVER", "EVENT", "ERROR", "text", "tool", "human", "[1,", '{"messages": [',
         '{"role": "user", "content": "Hi"}', "2025-11-23T10:00:00Z", "1e400", "nan", "9" * 400, "0" * 32, "a" * 16]
    ),
)  # fmt: skip
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.integers(-(10**40), 10**40), st.floats(), TEXT)
VALUE = st.recursive(
    SCALAR, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(INNER), v, max_size=4), max_leaves=12
)


def record(keys, needed):
    always = st.fixed_dictionaries(dict.fromkeys(needed, VALUE), optional={k: VALUE for k in keys if k not in needed})
    return always | st.dictionaries(st.sampled_from(keys) | TEXT, VALUE, max_size=8)


RECORD = st.one_of(
    record(CERT_CALL, ("timestamp", "platform", "model")),
    record(CERT_FUNCTION, ("timestamp", "function", "duration_ms")),
    record(LANGFUSE, ("id", "startTime", "traceId")),
    record(LANGFUSE, ("id", "startTime", "type")).map(lambda r: r | {"type": "RETRIEVER"}),
)
DOCUMENT = RECORD | st.lists(RECORD, max_size=3) | RECORD.map(lambda r: {"data": [r]})


def imported(tmp_path_factory, content):
    """Read a file, and return (the report, the parsed requests)."""
    path = tmp_path_factory.getbasetemp() / "history.jsonl"
    path.write_bytes(content)
    appended = []
    report = read([path], appended.extend)
    return report, [parse(request.signal, request.content_type, request.body) for request in appended]


@given(st.lists(DOCUMENT, min_size=1, max_size=3))
@example(
    [{"id": "a", "traceId": "t", "startTime": 1, "type": "GENERATION", "output": [{"role": "tool", "content": [3]}]}]
)
def test_every_record_becomes_spans_of_otlp_that_say_the_same_when_read_again(tmp_path_factory, documents):
    content = "\n".join(json.dumps(document) for document in documents).encode()
    report, requests = imported(tmp_path_factory, content)
    again, repeated = imported(tmp_path_factory, content)
    assert requests == repeated
    assert report.failed == again.failed
    for request in requests:
        assert request == parse("traces", PROTOBUF, request.SerializeToString())
        for resource in request.resource_spans:
            for span in resource.scope_spans[0].spans:
                assert (len(span.trace_id), len(span.span_id)) == (16, 8)
                assert span.name


@given(st.lists(st.binary(max_size=40) | DOCUMENT.map(lambda d: json.dumps(d).encode()), max_size=6), st.data())
def test_lines_that_are_anything_stop_nothing(tmp_path_factory, lines, data):
    good = json.dumps(dict.fromkeys(CERT_CALL[:3], "x") | {"timestamp": 1767225600}).encode()
    cut = json.dumps(data.draw(DOCUMENT)).encode()[: data.draw(st.integers(0, 60))]
    lines = [line for line in (good, *lines, cut, good) if b"\n" not in line and b"\r" not in line]
    report, requests = imported(tmp_path_factory, b"\n".join(lines))
    calls = [
        span
        for request in requests
        for resource in request.resource_spans
        for span in resource.scope_spans[0].spans
        if span.start_time_unix_nano == 1767225600 * 10**9 and span.name == "chat x"
    ]
    assert len(calls) >= 2
    assert report.files == 1
    assert all(":" in place and reason for place, reason in report.failed)


@pytest.mark.parametrize("depth", [150, 900, 5_000, 200_000])
def test_nesting_of_any_depth_fails_or_is_stored(tmp_path_factory, depth):
    deep = (
        b'{"timestamp": 1767225600, "platform": "openai", "model": "m", "input_data": '
        + b"[" * depth
        + b"]" * depth
        + b"}"
    )
    good = b'{"timestamp": 1767225600, "platform": "openai", "model": "m"}'
    report, requests = imported(tmp_path_factory, b"\n".join([good, deep, good]))
    assert len(requests) + len(report.failed) == 3
