"""Asks how many tasks succeeded, and what all calls of the window cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from otel_cert.questions.question import COUNTS, PRICED, Param, Question
from otel_cert.schema import BIGINT, MONEY, TEXT, Column

NO_ERROR = "error_type IS NULL AND error_class IS NULL"
"""When a call succeeded, unless a predicate says otherwise."""

TASKS = ("call", "conversation", "trace")

BESIDE: dict[str, str] = {
    "model": "VARCHAR",
    "currency": "VARCHAR",
    "total_cost": "DECIMAL(38,18)",
    "score": "MAP(VARCHAR, DOUBLE)",
    "label": "MAP(VARCHAR, VARCHAR)",
}
"""What a predicate may name beside the columns of `genai_calls` -> its SQL type."""


@dataclass(frozen=True)
class Roi(Question):
    """The question with a predicate: SQL over a call, already checked to be one expression that only reads."""

    success: str = NO_ERROR

    @cached_property
    def sql(self) -> str:
        """The SQL text with the predicate in it."""
        return super().sql.replace(f"({NO_ERROR})", f"({self.success})")


ROI = Roi(
    "roi",
    "Tasks, successes and spend",
    "The last call of a task for which the predicate is known decides; the cost is that of all calls, also of those that"
    " belong to no task.",
    columns=(
        Column("calls", BIGINT, "Calls."),
        Column("calls_without_task", BIGINT, "Of these, in no task: without a conversation, where tasks are those."),
        Column("tasks", BIGINT, "Tasks."),
        Column("known_tasks", BIGINT, "Of these, known to have succeeded or not."),
        Column("successes", BIGINT, "Of these, succeeded."),
        Column("unpriced_reasons", COUNTS, "Why calls have no known cost, and how often."),
        Column("cost", pa.map_(TEXT, MONEY), "Cost of the priced calls by currency; NULL when none is.", "currency"),
        Column("first_unix_ns", BIGINT, "Start of the first call; NULL when unknown.", "ns since 1970"),
        Column("last_unix_ns", BIGINT, "Start of the last call; NULL when unknown.", "ns since 1970"),
    ),
    params=(*PRICED, Param("task", "What a task is.", "call", TASKS)),
    priced=True,
)
