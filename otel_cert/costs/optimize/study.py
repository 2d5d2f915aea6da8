"""What is studied: the tasks of a window, a price list, and how to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from otel_cert.costs.optimize.model import Alternative, Confidence, Evidence, Kind
from otel_cert.costs.optimize.model import Task as TaskModel
from otel_cert.costs.optimize.prices import Prices
from otel_cert.questions import Question
from otel_cert.questions.scope import Scope

Row = Mapping[str, Any]
TaskKey = tuple[str | None, ...]
"""Service, operation, agent, provider, model."""

TASK_COLUMNS = tuple(TaskModel.model_fields)


def task_key(row: Row) -> TaskKey:
    """Return what makes the task of a row."""
    return tuple(row[name] for name in TASK_COLUMNS)


@dataclass(frozen=True)
class Options:
    """How to judge."""

    within_ns: int = 86_400_000_000_000
    """For how long a stored answer may be given again, ns."""
    any_provider: bool = False
    """Whether a task may move to models of other providers that the same service uses."""
    candidates: Sequence[str] = ()
    """Price ids of models to compare every task with, e.g. `openai/gpt-4o-mini`."""
    margin: float = 0.05
    """Part of the mean score by which a cheaper model may be worse."""
    least: int = 20
    """Least calls of a task to judge it by what is usual for it."""


@dataclass(frozen=True)
class Study:
    """One window of calls, grouped into tasks."""

    con: duckdb.DuckDBPyConnection
    scope: Scope
    prices: Prices
    tasks: Sequence[Row]
    """Rows of the question `tasks`."""
    options: Options

    def price_ids(self) -> list[str]:
        """Return the prices that the calls were priced with."""
        return sorted({row["price_id"] for row in self.tasks if row["price_id"] and row["cost"]})


@dataclass(frozen=True)
class Found:
    """The calls of one saving, summed: what it would save alone."""

    key: int
    kind: Kind
    task: TaskKey
    price_id: str
    variant: str | None
    currency: str
    calls: int
    tokens: int | None
    cost: Decimal
    saved: Decimal
    low: Decimal
    high: Decimal
    examples: list[tuple[str, str]]


@dataclass(frozen=True)
class Explanation:
    """What is said beside the amounts."""

    confidence: Confidence
    basis: str
    check: list[str]
    evidence: list[Evidence] = field(default_factory=list)
    alternatives: list[Alternative] = field(default_factory=list)


@dataclass(frozen=True)
class Finder:
    """One kind of saving, bound to a study."""

    kind: Kind
    question: Question
    params: Mapping[str, object]
    explain: Callable[[Found], Explanation]
    notes: Sequence[str] = ()
    """What could not be examined, and why."""
