"""What every document of a set is built from: one snapshot, one window, one system, one classification."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from otel_cert.law import Classification, LawPack
from otel_cert.law.answers import complete
from otel_cert.law.conditions import Reading
from otel_cert.law.obligations import UNDETERMINED
from otel_cert.law.record import Decision
from otel_cert.questions import Answer, Question, ask
from otel_cert.report import text
from otel_cert.report.model import Block, Source
from otel_cert.report.system import System

if TYPE_CHECKING:
    import duckdb

    from otel_cert.store.layout import Layout


@dataclass
class Context:
    """Asks each question once; the answers it gave are the evidence of the set."""

    con: duckdb.DuckDBPyConnection
    """Of one pinned snapshot: what belongs to the services of the system, or all of it where none are named."""
    whole: duckdb.DuckDBPyConnection
    """All of the same snapshot."""
    layout: Layout
    system: System
    pack: LawPack
    classification: Classification
    decision: Decision | None = None
    """What a person decided about the classification."""
    since_ns: int | None = None
    until_ns: int | None = None
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    quote: bool = False
    """Whether texts of prompts and answers may stand in documents."""
    warnings: tuple[str, ...] = ()
    """What every document has to warn of, beside what it finds itself."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """Evidence id -> answer, in the order of their first use."""
    made: dict[str, tuple[Block, ...]] = field(default_factory=dict)
    """What was built for several documents: by kind of evidence, or `block NAME`."""
    _asked: dict[str, Answer] = field(default_factory=dict, repr=False)

    def ask(self, question: Question, **params: object) -> Answer:
        """Return the answer about the window, from the first time that it was asked."""
        return self.ask_anytime(question, since_ns=self.since_ns, until_ns=self.until_ns, **params)

    def ask_anytime(self, question: Question, **params: object) -> Answer:
        """Return the answer about all time, or the window of `params`, from the first time that it was asked."""
        return self._ask(self.con, question, params)

    def ask_everywhere(self, question: Question, **params: object) -> Answer:
        """Return the answer about the window and every service, also those that are not of the system."""
        return self._ask(self.whole, question, {"since_ns": self.since_ns, "until_ns": self.until_ns, **params})

    def _ask(self, con: duckdb.DuckDBPyConnection, question: Question, params: Mapping[str, object]) -> Answer:
        key = json.dumps([con is self.whole, question.name, question.bind(params)], sort_keys=True)
        if key not in self._asked:
            answer = ask(con, question, **params)
            self._asked[key] = self.answers[answer.evidence_id] = answer
        return self._asked[key]

    @property
    def window(self) -> str:
        """The period of every figure, in words."""
        return text.window(self.since_ns, self.until_ns)

    @property
    def day(self) -> str:
        """The day on which the set is made, ISO 8601."""
        return self.created.astimezone(dt.UTC).date().isoformat()

    def source(self, answer: Answer, n: int | None = None, method: str = "") -> Source:
        """Return what a block that shows `answer` rests on; `n` where it is not all calls of the window."""
        return Source(answer.n if n is None else n, answer.evidence_id, self.window, method)

    @property
    def tier(self) -> str:
        """The outcome that holds: a person's, where one decided otherwise, else that of the rules."""
        decided = self.decision.outcome if self.decision else None
        return decided or self.classification.outcome

    @property
    def determined(self) -> bool:
        """Whether a tier is known."""
        return self.tier != UNDETERMINED

    @cached_property
    def reading(self) -> Reading:
        """The answers about the system, as the conditions of the law pack read them: in three values."""
        return Reading(self.pack.conditions, complete(self.classification.answers, self.pack))

    @property
    def declarer(self) -> tuple[str, str]:
        """Who declared what stands in `system.yaml`, and when; empty where it does not say."""
        on = self.system.declared_on
        return self.system.declared_by or "", on.isoformat() if on else ""

    @property
    def classifier(self) -> tuple[str, str]:
        """Whose classification it is, and when: a person's decision, or the rules' proposal from declared answers."""
        if self.decision:
            return f"{self.decision.name}, {self.decision.role}", self.decision.time[:10]
        by, on = self.declarer
        return (f"{by}: answers, read by the rules {self.pack.about.version}", on) if by else ("", "")
