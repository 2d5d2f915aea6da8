"""Ids of records that have none, and messages of every shape."""

import json

import pytest

from otel_cert.otlp.requests import PROTOBUF, parse
from otel_cert.receivers._draft import conversation
from otel_cert.receivers._foreign import Converter

CALL = {"timestamp": "2026-01-01T00:00:00Z", "platform": "openai", "model": "m"}


def spans(*documents):
    """Return the spans that the documents of one file become."""
    converter = Converter()
    bodies = [body for document in documents for _, body in converter.requests(document)]
    requests = [parse("traces", PROTOBUF, body) for body in bodies]
    return [s for request in requests for r in request.resource_spans for s in r.scope_spans[0].spans]


def test_equal_records_of_one_file_are_told_apart_and_those_of_two_files_are_not():
    one, two = spans(CALL, CALL), spans(CALL | {"cost": 1}, dict(reversed(CALL.items())), CALL)
    assert one[0].span_id != one[1].span_id
    assert one == two[1:]


def test_nothing_that_a_record_says_is_lost():
    record = CALL | {
        "input_data": {"q": [1, None]},
        "metadata": {"a": {"b": 2}},
        "own": True,
        "many": [1, 2],
        "big": 10**30,
    }
    (span,) = spans(record)
    said = {a.key: a.value for a in span.attributes}
    assert json.loads(said["cert.input_data"].string_value) == record["input_data"]
    assert json.loads(said["cert.metadata"].string_value) == record["metadata"]
    assert said["cert.own"].bool_value is True
    assert json.loads(said["cert.many"].string_value) == [1, 2]
    assert said["cert.big"].string_value == str(10**30)
    assert said["gen_ai.request.model"].string_value == "m"


@pytest.mark.parametrize(("error", "failed"), [(False, False), ({}, False), ("no quota", True), ({"code": 5}, True)])
@pytest.mark.parametrize(
    "record", [CALL, {"timestamp": 1, "function": "f", "duration_ms": 1}], ids=["call", "function"]
)
def test_only_what_says_an_error_is_one(record, error, failed):
    (span,) = spans(record | {"error": error})
    assert (span.status.code == 2) is failed
    assert ("error.type" in {a.key for a in span.attributes}) is failed


@pytest.mark.parametrize("spelled", [True, False])
@pytest.mark.parametrize("escape", [r"\ud83d", r"\uD83D"])
def test_only_what_was_spelled_out_is_flagged(escape, spelled):
    document = [CALL, CALL | {"input_data": f"so: {escape}"}]
    ((_, body),) = Converter().requests(document, spelled=spelled)
    (resource,) = parse("traces", PROTOBUF, body).resource_spans
    flagged = ["cert.import.flags" in {a.key for a in span.attributes} for span in resource.scope_spans[0].spans]
    assert flagged == [False, spelled]


def text(content):
    return {"type": "text", "content": content}


SHAPES = {
    "text": ("Hi", [{"role": "user", "parts": [text("Hi")]}]),
    "OpenAI": (
        [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "u"}]}],
        [{"role": "system", "parts": [text("s")]}, {"role": "user", "parts": [text("u")]}],
    ),
    "parts": (
        [{"role": "user", "parts": [text("u")]}],
        [{"role": "user", "parts": [text("u")]}],
    ),
    "blocks without a role": (
        [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "1", "name": "f", "input": {"x": 1}}],
        [{"role": "user", "parts": [text("a"), {"type": "tool_call", "id": "1", "name": "f", "arguments": {"x": 1}}]}],
    ),
    "LangChain": (
        [{"type": "human", "content": "h"}, {"type": "ai", "content": "a"}],
        [{"role": "user", "parts": [text("h")]}, {"role": "assistant", "parts": [text("a")]}],
    ),
    "texts": (["a", "b"], [{"role": "user", "parts": [text("a"), text("b")]}]),
    "anything else": ({"question": 1}, [{"role": "user", "parts": [text('{"question": 1}')]}]),
    "a role alone": ({"role": "user"}, [{"role": "user", "parts": [text('{"role": "user"}')]}]),
    "a number": (3, [{"role": "user", "parts": [text("3")]}]),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("given", "expected"), SHAPES.values(), ids=SHAPES)
def test_messages_of_every_shape_are_in_the_schema(given, expected):
    assert conversation(given, "user") == expected
