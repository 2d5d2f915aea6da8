"""Stored calls as answers to evaluate: what the model said, and the context that the processor `accuracy` would find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Any

from otel_cert.errors import UsageError
from otel_cert.evaluation.formats import Bad
from otel_cert.evaluation.records import Row, clean
from otel_cert.processors.accuracy_settings import AccuracySettings
from otel_cert.processors.call_context import Trace, context_of, question_of
from otel_cert.processors.call_texts import texts, unsaid
from otel_cert.processors.call_traces import traces
from otel_cert.questions import ANSWERS, ask

if TYPE_CHECKING:
    import duckdb

GROUPS = ("service", "model", "provider", "operation", "environment", "agent", "user")

_TRACES = 200
"""Traces whose contents are held at once."""


class StoredCalls:
    """The answers of stored calls; a `Source`.

    Args:
        con: of `otel_cert.connect()`.
        params: window and filters, as the question `answers` takes them: `Scope.params()`.
        groups: of GROUPS, to keep.

    """

    sha256: str | None = None

    def __init__(
        self, con: duckdb.DuckDBPyConnection, params: Mapping[str, int | str | None], groups: Sequence[str] = ()
    ) -> None:
        if unknown := [name for name in groups if name not in GROUPS]:
            raise UsageError(f"calls cannot be grouped by {unknown[0]!r}", hint=f"use one of: {', '.join(GROUPS)}")
        self._con, self._groups = con, groups
        self._answer = ask(con, ANSWERS, **params)

    @property
    def name(self) -> str:
        """Which store, at which snapshot; the evidence id stands for window and filters."""
        answer = self._answer
        return f"{len(answer.rows):,} stored calls, snapshot {answer.snapshot}, evidence {answer.evidence_id}"

    @property
    def total(self) -> int:
        """How many calls there are."""
        return len(self._answer.rows)

    @cached_property
    def start_ns(self) -> int | None:
        """Start of the first call; None without any."""
        return min((row[2] for row in self._answer.rows if row[2] is not None), default=None)

    def __iter__(self) -> Iterator[Row | Bad]:
        """Yield the calls by trace."""
        calls = [(trace_id, {row[1] for row in rows}) for trace_id, rows in groupby(self._answer.rows, lambda r: r[0])]
        for start in range(0, len(calls), _TRACES):
            yield from self._batch(dict(calls[start : start + _TRACES]))

    def _batch(self, wanted: Mapping[str, set[str]]) -> Iterator[Row]:
        ids = list(wanted)
        found = traces(self._con, ids)
        for call in _calls(self._con, ids):
            if call["span_id"] in wanted[call["trace_id"]]:
                yield self._row(call, found[call["trace_id"]])

    def _row(self, call: Mapping[str, Any], trace: Trace) -> Row:
        said = texts(call)
        context = context_of(call, said, trace, AccuracySettings.model_fields["sources"].default)
        id_ = f"{call['trace_id']}/{call['span_id']}"
        question = question_of(said, trace, call)
        return Row(
            place=f"call {id_}",
            id=id_,
            answer=None if said.answer is None else clean(said.answer),
            context=tuple(clean(chunk.text) for chunk in context),
            question=None if question is None else clean(question),
            cluster=call["user"] or call["conversation_id"],
            groups={name: call[name] or "unknown" for name in self._groups},
            unscorable=unsaid(call, said),
        )


def _calls(con: duckdb.DuckDBPyConnection, ids: list[str]) -> list[dict[str, Any]]:
    sql = (resources.files(__package__) / "stored_calls.sql").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = con.sql(sql, params={"ids": ids}).to_arrow_table().to_pylist()
    return rows
