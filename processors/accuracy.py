"""The `accuracy` processor: how far the answers of calls are supported by their context, sentence by sentence.

A call that answers "The Loire is 1006 kilometres long." over a retrieved document that says so becomes a row of `support`
(and so of `evaluations`) with a score and the label `supported`, and a row of `claims`. A call without context becomes a row
of `support` without a score, whose `error_type` says `no_context`.

It runs in a process of its own. A call is scored again only when its answer, context or question is another, or the method.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa
import structlog

from otel_cert.component import Factory, Kind, Signal, Stability
from otel_cert.errors import Retryable
from otel_cert.measures.accuracy.measure import judged
from otel_cert.measures.accuracy.method import Method, NotScored
from otel_cert.measures.accuracy.result import Claim, Measured
from otel_cert.processors.accuracy_settings import AccuracySettings
from otel_cert.processors.call_context import Chunk, Trace, context_of, question_of
from otel_cert.processors.call_texts import Texts, texts, unsaid
from otel_cert.processors.call_traces import traces
from otel_cert.processors.sampled import Sampled
from otel_cert.processors.sampling import Plan
from otel_cert.schema import CLAIMS, SUPPORT, Table
from otel_cert.store.query import OUT_OF_MEMORY

log = structlog.get_logger(__name__)

_EXPLAINED = 1000
"""Most characters of an explanation."""

Row = dict[str, Any]


class Accuracy:
    """Scores the answers of calls with one method."""

    def __init__(self, settings: AccuracySettings) -> None:
        self._settings = settings
        self._plan = Plan(settings.sample, settings.seed, settings.sample_minimum)
        self._evaluator = f"otel-cert/accuracy:{settings.method}"

    @cached_property
    def _scorer(self) -> Method:
        """The method; made when it is first needed, in the process that scores."""
        return self._settings.made()

    @cached_property
    def _threshold(self) -> tuple[float, str]:
        return self._settings.judged_by(self._scorer)

    @cached_property
    def identity(self) -> str:
        """What scores depend on, and which calls have one; see `component.Lasting`."""
        return _digest(
            self._made_with, self._settings.model_dump(mode="json", exclude={"cache_dir", "cache_bytes", "calibration"})
        )

    @cached_property
    def _made_with(self) -> list[Any]:
        settings = json.dumps(self._settings.method_settings, sort_keys=True, default=str)
        return [self._settings.method, dict(self._scorer.versions), self._threshold, settings]

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of its tables; see `component.Processor`."""
        calls = con.sql(_sql("accuracy_calls")).to_arrow_table().to_pylist()
        around = traces(con, {call["trace_id"] for call in calls})
        sampled, stored = Sampled(self._plan, con, calls), self._stored(con)
        rows: list[Row] = []
        claims: list[Row] = []
        for call in calls:
            before = stored.get((call["trace_id"], call["span_id"]))
            share = sampled.share(call, before)
            if share is None:
                continue
            row, its_claims = self._scored(call, around[call["trace_id"]], before)
            rows.append(row | {"sample_share": share, "sample_plan": self._plan.text})
            claims += its_claims
        return {CLAIMS.name: _table(CLAIMS, claims), SUPPORT.name: _table(SUPPORT, rows)}

    def _stored(self, con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Row]:
        """Return its stored rows of the calls shown, each with its `claims`, by call."""
        mine = {"evaluator": self._evaluator, "name": self._settings.evaluation_name}
        rows, claims = (
            con.sql(
                f"SELECT s.* FROM stored.{table.name} AS s SEMI JOIN genai_calls USING (trace_id)"
                " WHERE evaluator = $evaluator AND evaluation_name = $name ORDER BY ALL",
                params=mine,
            ).to_arrow_table().select(table.names).to_pylist()
            for table in (SUPPORT, CLAIMS)
        )  # fmt: skip
        found = {(row["trace_id"], row["span_id"]): {**row, "claims": []} for row in rows}
        for claim in sorted(claims, key=lambda claim: claim["ordinal"]):
            if (row := found.get((claim["trace_id"], claim["span_id"]))) is not None:
                row["claims"].append(claim)
        return {key: row for key, row in found.items() if len(row["claims"]) == (row["claims_total"] or 0)}

    def _scored(self, call: Row, trace: Trace, before: Row | None) -> tuple[Row, list[Row]]:
        """Return the row of a call and its claims; those of `before` when nothing changed that they depend on."""
        said = texts(call)
        context = context_of(call, said, trace, self._settings.sources)
        question = question_of(said, trace, call)
        fingerprint = _digest(
            self._made_with, said.answer, [(c.source, c.text) for c in context], question, call["content_state"],
            self._settings.max_context_chars,
        )  # fmt: skip
        if before is not None and before["fingerprint"] == fingerprint:
            kept = {name: before[name] for name in SUPPORT.names if name != "receive_day"}
            return kept | {"receive_day": call["receive_day"]}, before["claims"]
        row = self._row(call) | {
            "context_sources": sorted({c.source for c in context}) or None,
            "context_chunks": len(context),
            "fingerprint": fingerprint,
        }
        failed = self._unscorable(call, said, context)
        if failed is not None or said.answer is None:
            return row | {"error_type": failed}, []
        try:
            scored = self._scorer.score(said.answer, [c.text for c in context], question)
        except NotScored as error:
            return row | {"error_type": "not_scored", "explanation": error.message[:_EXPLAINED]}, []
        except (Retryable, *OUT_OF_MEMORY):
            raise
        except Exception as error:
            log.exception("an answer could not be scored", trace_id=call["trace_id"], span_id=call["span_id"])
            return row | {"error_type": type(error).__name__}, []
        measured = judged(scored, self._scorer, *self._threshold)
        return row | _measures(measured), [*self._claims(row, measured, context)]

    def _unscorable(self, call: Row, said: Texts, context: list[Chunk]) -> str | None:
        """Return why a call cannot have a score, or None."""
        if (unsaid_ := unsaid(call, said)) is not None:
            return unsaid_
        if not context:
            return "no_context"
        return "context_too_long" if sum(len(c.text) for c in context) > self._settings.max_context_chars else None

    def _row(self, call: Row) -> Row:
        """Return what every row says."""
        empty: Row = dict.fromkeys(SUPPORT.names)
        versions, (threshold, source) = self._scorer.versions, self._threshold
        return empty | {
            "trace_id": call["trace_id"],
            "span_id": call["span_id"],
            "evaluation_name": self._settings.evaluation_name,
            "evaluator": self._evaluator,
            "evaluator_version": ", ".join(f"{name} {version}" for name, version in sorted(versions.items())),
            "received": False,
            "receive_day": call["receive_day"],
            "method": self._settings.method,
            "method_versions": json.dumps(dict(versions), sort_keys=True),
            "threshold": threshold,
            "threshold_source": source,
            "scored_unix_ns": time.time_ns(),
        }

    def _claims(self, row: Row, measured: Measured, context: list[Chunk]) -> Iterator[Row]:
        repeated = {name: row[name] for name in CLAIMS.names if name in row}
        for ordinal, claim in enumerate(measured.claims):
            yield repeated | {
                "ordinal": ordinal,
                "answer_start": claim.start,
                "answer_end": claim.end,
                "text": _storable(claim.text),
                "supported": claim.supported,
                "score": claim.score,
                "reasons": _reasons(claim),
                **_evidence(claim, context),
            }


def _measures(measured: Measured) -> Row:
    supported = sum(claim.supported for claim in measured.claims)
    return {
        "score_value": measured.confidence,
        "score_label": "supported" if measured.matched else "unsupported",
        "explanation": _explanation(measured, supported),
        "language": measured.language,
        "semantic_score": measured.semantic_score,
        "grounding_score": measured.grounding_score,
        "claims_total": len(measured.claims),
        "claims_supported": supported,
        "details": json.dumps(measured.details, sort_keys=True, default=str) if measured.details else None,
    }


def _explanation(measured: Measured, supported: int) -> str:
    """Return in words how many sentences are supported, and what is not."""
    messages = dict.fromkeys(reason.message for claim in measured.claims for reason in claim.reasons)
    counted = f"{supported} of {len(measured.claims)} sentences supported"
    return _storable("; ".join((counted, *messages)))[:_EXPLAINED]


def _evidence(claim: Claim, context: list[Chunk]) -> Row:
    found = claim.evidence
    if found is None:
        return dict.fromkeys(name for name in CLAIMS.names if name.startswith("evidence_"))
    return {
        "evidence_source": context[found.chunk].source,
        "evidence_chunk": found.chunk,
        "evidence_start": found.start,
        "evidence_end": found.end,
        "evidence_text": _storable(found.text),
    }


def _reasons(claim: Claim) -> str:
    return _storable(json.dumps([reason.model_dump(exclude_none=True) for reason in claim.reasons], ensure_ascii=False))


def _table(table: Table, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=table.arrow) if rows else table.empty()


def _digest(*values: object) -> str:
    """Return 16 bytes of SHA-256 as hex."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _storable(text: str) -> str:
    """Return text without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def _sql(name: str) -> str:
    return (resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8")


FACTORY = Factory(
    type="accuracy",
    kind=Kind.PROCESSOR,
    config=AccuracySettings,
    create=Accuracy,
    stability=Stability.DEVELOPMENT,
    doc="Scores how far answers are supported by their context, sentence by sentence, in a process of its own.",
    signals=(Signal.ANALYSIS,),
    reads=("spans", "genai_calls", "genai_retrievals"),
    writes=(CLAIMS, SUPPORT),
    own_process=True,
)
