"""What every document of a set is built from: one snapshot, one window, one system, one classification."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from otel_cert.law import Classification, LawPack
from otel_cert.questions import Answer, Question, ask
from otel_cert.report import text
from otel_cert.report.model import Source
from otel_cert.report.system import System

if TYPE_CHECKING:
    import duckdb

    from otel_cert.store.layout import Layout


@dataclass
class Context:
    """Asks each question once; the answers it gave are the evidence of the set."""

    con: duckdb.DuckDBPyConnection
    """Of one pinned snapshot."""
    layout: Layout
    system: System
    pack: LawPack
    classification: Classification
    decision: str | None = None
    """The person's decision about the classification, in words."""
    since_ns: int | None = None
    until_ns: int | None = None
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    quote: bool = False
    """Whether texts of prompts and answers may stand in documents."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """Evidence id -> answer, in the order of their first use."""
    _asked: dict[str, Answer] = field(default_factory=dict, repr=False)

    def ask(self, question: Question, **params: object) -> Answer:
        """Return the answer about the window, from the first time that it was asked."""
        return self.ask_anytime(question, since_ns=self.since_ns, until_ns=self.until_ns, **params)

    def ask_anytime(self, question: Question, **params: object) -> Answer:
        """Return the answer about all that is stored, or the window of `params`, from the first time that it was asked."""
        key = json.dumps([question.name, question.bind(params)], sort_keys=True)
        if key not in self._asked:
            answer = ask(self.con, question, **params)
            self._asked[key] = self.answers[answer.evidence_id] = answer
        return self._asked[key]

    @property
    def window(self) -> str:
        """The period of every figure, in words."""
        return text.window(self.since_ns, self.until_ns)

    def source(self, answer: Answer, n: int | None = None, method: str = "") -> Source:
        """Return what a block that shows `answer` rests on; `n` where it is not all calls of the window."""
        return Source(answer.n if n is None else n, answer.evidence_id, self.window, method)
