"""One store for all measured evidence: 400 calls over four days with a change in the middle, and all that goes with them."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import otel_cert
from otel_cert.law import classify, load_pack
from otel_cert.report.context import Context
from otel_cert.report.system import System
from otel_cert.schema import (
    GENAI_CALLS,
    GENAI_RETRIEVALS,
    GENAI_TOOL_EXECUTIONS,
    LOGS,
    METRIC_POINTS,
    SPANS,
    SUPPORT,
    Table,
)
from otel_cert.store import digests, snapshots
from otel_cert.store.files import write_json
from otel_cert.store.labels import Batch
from otel_cert.store.layout import Layout
from otel_cert.store.tables import DeltaStore
from tests.calls import START_NS, call

CALLS = 400
STEP_S = 864.0
"""Seconds between calls: 400 of them are four days."""
DECLARED = {
    "system": {
        "name": "Helper", "services": ["bot", "kiosk"], "versions": ["1.0"], "models": ["gpt-4o-mini"], "languages": ["de"],
        "regions": ["DE"],
    },
    "provider": {"name": "Example provider"},
    "suppliers": [
        {
            "model": "gpt-4o-mini", "provider": "openai", "document": "Model card 3, 2026-01-02",
            "annex_xii": {"1.a": "tasks", "1.b": " "},
        },
        {"model": "never-used"},
    ],
}  # fmt: skip


def at(number: int) -> int:
    """Return the start of a call, ns."""
    return START_NS + round(number * STEP_S * 1e9)


def ids(number: int) -> dict[str, str]:
    return {"trace_id": f"{number:032x}", "span_id": f"{number:016x}"}


def made(number: int) -> dict[str, Any]:
    """Return a call: from the middle on another version, prompt and slower; every tenth fails; few of a second agent."""
    late = number >= CALLS // 2
    failed = number % 10 == 9
    asked = "wie lange ist das museum am montag geöffnet und was kostet der eintritt für kinder"
    row = call(number, at_s=number * STEP_S, seconds=2.0 + 0.01 * (number % 50) + (1.5 if late else 0))
    return row | {
        "operation": "chat", "provider": "openai", "request_model": "gpt-4o-mini", "service_name": "bot",
        "response_model": None if failed else "gpt-4o-mini-2024-07-18", "service_version": "1.1" if late else "1.0",
        "system_instructions": '[{"type": "text", "content": "B"}]' if late else '[{"type": "text", "content": "A"}]',
        "tool_definitions": json.dumps([{"name": "hours"}, *([{"function": {"name": "prices"}}] if late else [])]),
        "request_params": json.dumps({"temperature": 0.2, "seed": number}), "input_tokens_total": 100 + number % 20,
        "output_tokens_total": None if failed else 20 + number % 7, "tokens_source": "reported",
        "conversation_id": f"c{number // 2}", "user_id": f"u{number % 5}" if number % 2 else None,
        "agent_name": "rare" if number % 80 == 0 else "guide", "content_state": "present",
        "input_messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": asked}]}]),
        "error_type": "RateLimitError" if failed else None, "error_class": "rate_limit" if failed else None,
        "finish_reasons": None if failed else ["content_filter" if number % 100 == 0 else "stop"], "scope_name": "openai",
    }  # fmt: skip


def event(number: int, name: str, outcome: str, *, before_s: float = 0, **more: str) -> dict[str, Any]:
    """Return the log record of an event in the trace of a call."""
    given = {f"otel_cert.{name}.{key}": value for key, value in {"outcome": outcome, **more}.items()}
    row = {"unix_ns": at(number) - round(before_s * 1e9), "observed_unix_ns": 0, "event_name": f"otel_cert.{name}"}
    return ids(number) | row | {"attributes": given, "received_unix_ns": at(number)}


def events() -> list[dict[str, Any]]:
    """Return notices for the first 150 conversations, 50 of them too late, and reviews of 40 traces."""
    notices = [event(2 * n, "disclosure", "shown", before_s=-3600 if n >= 100 else 5) for n in range(150)]
    reviews = [
        event(n, "review", "overridden" if n == 0 else "approved", by=f"r{n % 2}", seconds="4")
        for n in range(0, 400, 10)
    ]
    return [
        *notices,
        *reviews,
        event(3, "guardrail", "blocked", category="prompt_injection"),
        event(4, "stop", "tested"),
    ]


def received(number: int) -> int:
    """Return when a span arrived: the first three late."""
    return at(number) + (400 if number < 3 else 2) * 10**9


def spans() -> list[dict[str, Any]]:
    """Return a span per call: some late, one sampled at a quarter, one cut, with the resource of its service."""
    return [
        ids(n) | {
            "start_unix_ns": at(n), "end_unix_ns": at(n) + 10**9, "received_unix_ns": received(n),
            "trace_state": "ot=th:c" if n == 5 else "", "trace_flags": 1, "ordinal": 0, "scope_ordinal": 0,
            "service_name": "bot", "dropped_attributes_count": 2 if n == 7 else 0, "gen_ai_operation_name": "chat",
            "gen_ai_provider_name": "openai", "attributes": {"server.address": "api.example.com"},
            "resource_attributes": {"cloud.region": "eu-central-1", "host.name": "h1", "telemetry.sdk.name": "opentel"},
        }
        for n in range(CALLS)
    ]  # fmt: skip


def counters() -> list[dict[str, Any]]:
    """Return an independent counter of 410 calls and one of 12 lost spans, each cumulative with two points."""
    known = {"temporality": 2, "start_unix_ns": at(0), "resource_attributes": {"service.name": "bot"}}
    points = [
        ("gen_ai.client.operation.duration", {}, {"count": 200}),
        ("gen_ai.client.operation.duration", {}, {"count": 410}),
    ]
    points += [("otelcol_exporter_send_failed_spans", {"exporter": "otlp"}, {"value_int": n}) for n in (5, 12)]
    return [
        known | {"name": name, "attributes": a, "unix_ns": at(100 * i)} | v for i, (name, a, v) in enumerate(points)
    ]


def supported(number: int) -> dict[str, Any]:
    score = 0.2 if number % 4 == 0 else 0.9
    return ids(number) | {
        "evaluation_name": "support", "evaluator": "accuracy:aligned", "evaluator_version": "1", "score_value": score,
        "score_label": "supported" if score >= 0.5 else "unsupported", "threshold": 0.5, "threshold_source": "given",
        "sample_plan": '{"share": 1.0}', "sample_share": 1.0, "context_sources": ["retrieval"], "scored_unix_ns": at(CALLS),
        "language": "de" if number < 390 else "fr",
    }  # fmt: skip


def rows() -> dict[Table, list[dict[str, Any]]]:
    return {
        GENAI_CALLS: [made(n) for n in range(CALLS)],
        SPANS: spans(),
        LOGS: events(),
        METRIC_POINTS: counters(),
        SUPPORT: [supported(n) for n in range(CALLS) if n % 10 != 9],
        GENAI_TOOL_EXECUTIONS: [ids(n) | {"tool_name": "hours", "start_unix_ns": at(n)} for n in range(20)],
        GENAI_RETRIEVALS: [ids(n) | {"data_source_id": "leaflets", "start_unix_ns": at(n)} for n in range(30)],
    }


def write(root: Path, tables: dict[Table, list[dict[str, Any]]]) -> Layout:
    """Write rows as a store with digests, and publish a snapshot."""
    layout = Layout.create(root)
    delta = DeltaStore(layout)
    for table, given in tables.items():
        filled = [{name: row.get(name) for name in table.names} | {"receive_day": date(2026, 1, 1)} for row in given]
        delta.append(table, pa.Table.from_pylist(filled, schema=table.arrow), {})
        folder = layout.table(table.name)
        digests.record(folder, [str(path.relative_to(folder)) for path in folder.glob("receive_day=*/*.parquet")])
    snapshots.publish(layout, delta.versions(tuple(tables)))
    return layout


def context(layout: Layout, declared: dict[str, Any] | None = None, **options: Any) -> Context:
    con = otel_cert.connect(layout.root)
    return Context(con, con, layout, System.model_validate(declared or DECLARED), load_pack(), classify({}), **options)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = write(tmp_path_factory.mktemp("measured"), rows())
    layout.labels.mkdir()
    for rater, wrong in (("r1", ()), ("r2", (4, 5))):
        labels = [
            {"id": "/".join(ids(n).values()), "label": int((n % 4 != 0) != (n in wrong)), "weight": 2.0 if n < 20 else 1.0,
             "stratum": "low" if n < 8 else "high", "document": None}
            for n in range(60) if n % 10 != 9
        ]  # fmt: skip
        draft = Batch(
            "2026-01-05T00:00:00Z", rater, "Everything said is in the context?", "0" * 64, "sheet.csv", None, labels
        )
        batch = Batch(**{**{f: getattr(draft, f) for f in draft.__slots__}, "sha256": draft.hashed()})
        write_json(layout.labels / f"{rater}.json", {f: getattr(batch, f) for f in batch.__slots__})
    return layout


@pytest.fixture(scope="module")
def system(full: Layout) -> Iterator[Context]:
    """Yield the context of the full store."""
    made_ = context(full)
    yield made_
    made_.con.close()


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Return the context of a store with one call of which nothing is known."""
    return context(write(tmp_path_factory.mktemp("bare"), {GENAI_CALLS: [call(1, seconds=None)]}))
