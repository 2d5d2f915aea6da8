"""Requests in protobuf and JSON, and reading what a server answers."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import httpx
from google.protobuf import json_format
from google.rpc import error_details_pb2  # noqa: F401 - what a Status may hold has to be known to read its JSON
from google.rpc.code_pb2 import INVALID_ARGUMENT
from google.rpc.status_pb2 import Status

from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS

if TYPE_CHECKING:
    from .served import Served


def traces(name: str, /, n: int = 1, **fields: Any) -> bytes:
    """Return a request of `n` ordinary spans with the name, in a trace of their own; `fields` change them."""
    now = time.time_ns()
    usual = {"trace_id": os.urandom(16), "start_time_unix_nano": now, "end_time_unix_nano": now + 1000, "name": name}
    spans = [{**usual, "span_id": os.urandom(8), **fields} for _ in range(n)]
    return bytes(SIGNALS["traces"].request(resource_spans=[{"scope_spans": [{"spans": spans}]}]).SerializeToString())


def logs(name: str) -> bytes:
    """Return a request of one log record with the event name."""
    record = {"time_unix_nano": time.time_ns(), "event_name": name}
    request = SIGNALS["logs"].request(resource_logs=[{"scope_logs": [{"log_records": [record]}]}])
    return bytes(request.SerializeToString())


def metrics(name: str) -> bytes:
    """Return a request of one metric with one point."""
    metric = {"name": name, "gauge": {"data_points": [{"time_unix_nano": time.time_ns(), "as_int": 1}]}}
    request = SIGNALS["metrics"].request(resource_metrics=[{"scope_metrics": [{"metrics": [metric]}]}])
    return bytes(request.SerializeToString())


def span_json(name: str, /, **fields: Any) -> bytes:
    """Return a JSON request of one span; `fields` change or add keys of it."""
    now = time.time_ns()
    usual = {
        "traceId": os.urandom(16).hex(), "spanId": os.urandom(8).hex(), "name": name,
        "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 1000),
    }  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [usual | fields]}]}]}).encode()


def log_json(name: str, /, **fields: Any) -> bytes:
    """Return a JSON request of one log record with the event name."""
    record = {"timeUnixNano": str(time.time_ns()), "eventName": name} | fields
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()


def metric_json(name: str, kind: str, /, **fields: Any) -> bytes:
    """Return a JSON request of one metric of a kind (`gauge`, `histogram` ...) with one point of the fields."""
    point = {"timeUnixNano": str(time.time_ns())} | fields
    metric = {"name": name, kind: {"dataPoints": [point]}}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()


def status(answer: httpx.Response) -> Status:
    """Return the google.rpc.Status of an error answer, read in the encoding that it claims."""
    if answer.headers["content-type"] == JSON:
        return json_format.Parse(answer.text, Status())
    assert answer.headers["content-type"] == PROTOBUF
    return Status.FromString(answer.content)


def raw(body: bytes, old: bytes, new: bytes) -> bytes:
    """Return a request with text put in that `json` and protobuf would not write."""
    assert body.count(old) == 1
    return body.replace(old, new)


def accepted(service: Served, body: bytes, signal: str = "traces") -> str | None:
    """Send a JSON request, which has to be accepted; returns the warning or None."""
    answer = service.send(body, signal, JSON)
    assert answer.status_code == 200, answer.text
    return answer.json().get("partialSuccess", {}).get("errorMessage")


def refused(service: Served, body: bytes, signal: str = "traces", content_type: str = JSON) -> None:
    """Send a request that has to be refused as malformed."""
    answer = service.send(body, signal, content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (400, content_type), answer.text
    assert status(answer).code == INVALID_ARGUMENT


def value_json(kind: str, given: Any, name: str = "a value") -> bytes:
    """Return a JSON request of a span with one attribute, `a`."""
    return span_json(name, attributes=[{"key": "a", "value": {kind: given}}])


def detail(status: Status, kind: type[Any]) -> Any:
    """Return the one detail of a google.rpc.Status, which has to be of a kind."""
    (packed,), found = status.details, kind()
    assert packed.Unpack(found)
    return found
