"""Nothing that a sender puts into an attribute stops a round: recorded requests of every dialect with hostile values."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from otel_cert.otlp.requests import SIGNALS
from otel_cert.schema import GENAI_CALLS
from tests.processors.rows import chat, connect, evaluate
from tests.processors.truth import CAPTURED, calls_of

_EVERY = 6
"""Each kind is tried on one capture of so many, another sixth for the next."""

HOSTILE: dict[str, Callable[[AnyValue], AnyValue]] = {
    "truncated": lambda v: AnyValue(string_value=v.string_value[: len(v.string_value) // 2] or '{"a": ['),
    "another type": lambda _: AnyValue(double_value=float("nan")),
    "negative": lambda _: AnyValue(int_value=-(2**63)),
    "huge number": lambda _: AnyValue(string_value="9" * 400),
    "bytes": lambda _: AnyValue(bytes_value=b"\xff\x00"),
    "array": lambda v: AnyValue(array_value=ArrayValue(values=[v, AnyValue(), AnyValue(int_value=1)])),
    "mapping": lambda v: AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="messages", value=v)])),
    "no value": lambda _: AnyValue(),
    "NUL": lambda v: AnyValue(string_value=f"\0{v.string_value}"),
    "escaped NUL": lambda _: AnyValue(string_value='[{"role": "user", "content": "a\\u0000b"}]'),
    "half a pair": lambda _: AnyValue(string_value='[{"role": "user", "content": "\\ud800"}]'),
    "half a pair as a literal": lambda _: AnyValue(string_value="{'id': '\\ud800', 'choices': ['\\ud800']}"),
    "deep": lambda _: AnyValue(string_value="[" * 100_000),
    "deep and closed": lambda _: AnyValue(string_value="[" * 500 + "]" * 500),
    "unknown parts": lambda _: AnyValue(string_value='[{"role": 7, "parts": [{"type": ["x"]}, 5, null]}, null, "x"]'),
    "scalars": lambda _: AnyValue(string_value='{"choices": 5, "usage": [], "messages": {"role": 1}, "id": {}}'),
    "NaN": lambda _: AnyValue(string_value='{"usage": {"prompt_tokens": NaN, "completion_tokens": 1e999}}'),
}


def hostile(make: Callable[[AnyValue], AnyValue], seed: int) -> Callable[[str, bytes], bytes]:
    """Return what changes about a third of the attributes of a request."""
    chance = random.Random(seed)

    def change(signal: str, body: bytes) -> bytes:
        request = SIGNALS[signal].request.FromString(body)
        for group in request.resource_spans if signal == "traces" else request.resource_logs:
            for scope in group.scope_spans if signal == "traces" else group.scope_logs:
                for each in scope.spans if signal == "traces" else scope.log_records:
                    for holder in (each, *(each.events if signal == "traces" else ())):
                        for attribute in holder.attributes:
                            if chance.random() < 0.3:
                                attribute.value.CopyFrom(make(attribute.value))
                    if signal == "logs" and chance.random() < 0.3:
                        each.body.CopyFrom(make(each.body))
        return bytes(request.SerializeToString())

    return change


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_round_goes_through(kind: str) -> None:
    first = list(HOSTILE).index(kind) % _EVERY
    rows = calls_of(CAPTURED[first::_EVERY], hostile(HOSTILE[kind], seed=first))
    found = [row for capture in rows.values() for row in capture]
    assert len(found) > 30, "most spans still are calls"
    assert all(row.keys() == set(GENAI_CALLS.names) for row in found)
    for row in found:
        counts = [row[name] for name in ("input_tokens_total", "output_tokens_total", "cache_read_tokens")]
        assert all(count is None or 0 <= count <= 4 * 10**12 for count in counts)
    if kind in ("truncated", "deep", "half a pair"):
        assert any(row["unreadable"] for row in found)


@pytest.mark.parametrize(
    "content",
    ["x" * 10_000_000, '[{"role": "user", "content": "' + "x" * 10_000_000 + '"}]', "{'a': 1}" + " " * 10_000_000],
)
def test_ten_megabytes_in_one_attribute(content: str) -> None:
    attributes: dict[str, Any] = {"gen_ai.input.messages": content, "gen_ai.usage.input_tokens": 5}
    ((call,),) = [evaluate(connect([chat(**attributes)]))["genai_calls"]]
    assert call["input_tokens_total"] == 5
    assert (call["input_messages"] is None) == (call["unreadable"] == ["input_messages"])
