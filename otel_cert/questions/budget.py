"""Asks what was spent within a budget's filters, by group and by age."""

from __future__ import annotations

import pyarrow as pa

from otel_cert.questions.question import COUNTS, PRICED, Param, Question
from otel_cert.schema import BIGINT, MONEY, TEXT, Column

GROUPS = (
    "total", "user", "service", "model", "provider", "conversation", "agent", "operation", "environment", "tag",
)  # fmt: skip

BUDGET = Question(
    "budget",
    "Spend by group and by age",
    "A group has one row per currency, and one without currency for its unpriced calls.",
    columns=(
        Column("key", TEXT, "The group; NULL: unknown."),
        Column("currency", TEXT, "ISO 4217 code of the amounts; NULL for unpriced calls."),
        Column("calls", BIGINT, "Calls."),
        Column("unpriced_reasons", COUNTS, "Why calls have no known cost, and how often."),
        Column("cost", MONEY, "Cost of the priced calls; NULL when none is.", "currency"),
        Column(
            "cost_by_age",
            pa.map_(BIGINT, MONEY),
            "The same by age at the window's end, in whole steps; NULL without one.",
            "currency",
        ),
    ),
    params=(
        *PRICED,
        Param("providers", "JSON array of providers, one of which answered; None = any."),
        Param("by", "What to group by.", "total", GROUPS),
        Param("step_ns", "Length of a step of age, ns.", 86_400_000_000_000),
    ),
    priced=True,
)
