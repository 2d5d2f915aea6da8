"""What the provider really answered in a recorded capture, beside what `genai` reads from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from otel_cert.otlp.columns import Arrival
from otel_cert.otlp.decode import Received, decode
from otel_cert.otlp.requests import JSON, parse
from tests.processors.rows import CAPTURES, START_NS, connect, evaluate

Row = dict[str, Any]

CAPTURED = sorted(
    f"{path.parent.name}/{path.name.removesuffix('.expect.json')}" for path in CAPTURES.glob("*/*.expect.json")
)
"""`folder/scenario` of every recorded capture."""

_FINISH = {
    "tool_calls": "tool_call", "tool_use": "tool_call", "end_turn": "stop", "max_tokens": "length", "completed": "stop",
    "tool-calls": "tool_call",
}  # fmt: skip
_ERROR_CLASS = {429: "rate_limit", 500: "server"}
_TOKENS = {
    "input_tokens_total": "input_tokens", "output_tokens_total": "output_tokens",
    "cache_read_tokens": "cache_read_tokens", "cache_write_tokens": "cache_write_tokens",
    "reasoning_tokens": "reasoning_tokens",
}  # fmt: skip


def truth(capture: str) -> dict[str, Any]:
    """Return what is known of a capture."""
    known: dict[str, Any] = json.loads((CAPTURES / f"{capture}.expect.json").read_text())
    return known


def expected(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row that a lossless recording of this call would give."""
    embeddings = call["kind"].endswith("embeddings")
    tokens = {ours: call.get(theirs) if call["usage_on_wire"] else None for ours, theirs in _TOKENS.items()}
    status = (call.get("error") or {}).get("status")
    return tokens | {
        "operation": "embeddings" if embeddings else "chat",
        "provider": call["provider"],
        "request_model": call["request_model"],
        "response_model": call["response_model"],
        "response_id": call.get("response_id"),
        "output_tokens_total": None if embeddings else tokens["output_tokens_total"],
        "tokens_source": "reported" if call["usage_on_wire"] else "missing",
        "finish_reasons": [_FINISH.get(r, r) for r in call.get("finish_reasons", ())] or None,
        "streaming": call["streaming"],
        "output_texts": call.get("output_texts", []),
        "tool_calls": [(c["id"], c["name"], c["arguments"]) for c in call.get("tool_calls", ())],
        "http_status": status,
        "error_class": _ERROR_CLASS.get(status),
    }


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `genai_calls` with the texts and tool calls of its output messages."""
    parts = [message["parts"] for message in json.loads(row["output_messages"] or "[]")]
    texts = ["".join(p["content"] for p in message if p["type"] == "text") for message in parts]
    tool_calls = [
        (p["id"], p["name"], p["arguments"]) for message in parts for p in message if p["type"] == "tool_call"
    ]
    return {**row, "output_texts": [t for t in texts if t], "tool_calls": tool_calls}


def differences(capture: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Any, Any]]:
    """Return, per field that differs from the truth in any call, (expected, stored) of every call.

    The field `calls` stands for their number; when that differs, nothing else is compared.
    """
    known = truth(capture)
    wanted = [expected(call) for call in known["calls"]]
    found = [stored(row) for row in sorted(rows, key=lambda r: (r["start_unix_ns"], r["span_id"]))]
    if len(found) != known["n_provider_calls"]:
        return {"calls": (known["n_provider_calls"], len(found))}
    return {
        name: ([call[name] for call in wanted], [row[name] for row in found])
        for name in (wanted[0] if wanted else ())
        if any(row[name] != call[name] for row, call in zip(found, wanted, strict=True))
    }


def bodies(capture: str, signal: str) -> list[bytes]:
    """Return the recorded requests of one signal of a capture, in protobuf."""
    return [
        path.read_bytes() if path.suffix == ".pb" else parse(signal, JSON, path.read_bytes()).SerializeToString()
        for path in sorted(CAPTURES.glob(f"{capture}.{signal}*.*"))
    ]


def calls_of(
    captures: Iterable[str], change: Callable[[str, bytes], bytes] = lambda _, body: body
) -> dict[str, list[Row]]:
    """Return the calls of every capture, found in one round: neither traces nor equal response ids mix them up.

    `change(signal, body)` may change a request before it is read.
    """
    traces: dict[str, str] = {}
    tables: dict[str, list[pa.Table]] = {"traces": [], "logs": []}
    found: dict[str, list[Row]] = {}
    for capture in captures:
        found[capture] = []
        for signal, parts in tables.items():
            sent = [
                Received(Arrival("files", n, START_NS, ""), change(signal, body))
                for n, body in enumerate(bodies(capture, signal))
            ]
            parts.append(rows := decode(signal, sent))
            if signal == "traces":
                traces |= dict.fromkeys(rows["trace_id"].to_pylist(), capture)
    for row in evaluate(connect(*map(pa.concat_tables, tables.values())))["genai_calls"]:
        found[traces[row["trace_id"]]].append(row)
    return found
