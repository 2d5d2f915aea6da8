"""Recorded requests, taken apart into single spans and log records, give the same rows in whatever order they arrive."""

from __future__ import annotations

import random

import pytest

from otel_cert.otlp.requests import SIGNALS
from tests.processors.truth import bodies
from tests.stored import Store

CAPTURES = (
    "logfire-anthropic/chat_stream_a",  # one call in two spans and a third beside it
    "traceloop-anthropic/tools_a",  # the second record of a call is in a trace of its own
    "contrib-openai-v2-legacy/tools_a",  # content in log events
    "openinference-langchain/tools_a",  # calls below spans of chains
    "litellm/error_429_a",
)
TABLES = ("genai_calls", "genai_duplicates", "genai_tool_executions", "genai_retrievals", "genai_agent_runs", "costs")


def parts(capture: str) -> list[tuple[str, bytes]]:
    """Return every span and log record of a capture as a request of its own, with its signal."""
    found = []
    for signal in ("traces", "logs"):
        for body in bodies(capture, signal):
            request = SIGNALS[signal].request.FromString(body)
            for group in request.resource_spans if signal == "traces" else request.resource_logs:
                for scope in group.scope_spans if signal == "traces" else group.scope_logs:
                    each = scope.spans if signal == "traces" else scope.log_records
                    found += [(signal, _alone(signal, group, scope, one)) for one in each]
    return found


def _alone(signal: str, group, scope, each) -> bytes:
    request = SIGNALS[signal].request()
    groups = request.resource_spans if signal == "traces" else request.resource_logs
    one = groups.add()
    one.resource.CopyFrom(group.resource)
    within = (one.scope_spans if signal == "traces" else one.scope_logs).add()
    within.scope.CopyFrom(scope.scope)
    (within.spans if signal == "traces" else within.log_records).append(each)
    return request.SerializeToString()


def derived(store: Store) -> dict[str, list[str]]:
    return {table: store.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}


@pytest.mark.parametrize("capture", CAPTURES)
def test_any_order_over_several_rounds(tmp_path, capture):
    whole = Store(tmp_path / "whole")
    for signal, body in parts(capture):
        whole.send(body, signal=signal)
    whole.seal()
    whole.analyse()
    expected = derived(whole)
    assert expected["genai_calls"]
    shuffled = parts(capture)
    random.Random(capture).shuffle(shuffled)
    store = Store(tmp_path / "shuffled")
    for first in range(3):
        for signal, body in shuffled[first::3]:
            store.send(body, signal=signal)
        store.seal()
        store.analyse()
    assert derived(store) == expected
