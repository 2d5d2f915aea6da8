"""Asks which time the calls cover, and how much was used in it."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

PERIOD = Question(
    "period",
    "Period and volume",
    "Always one row. Days are UTC. A day without a call is counted, and not explained: nothing was used, or recorded.",
    columns=(
        Column("calls", BIGINT, "Calls."),
        Column("undated", BIGINT, "Of these, without a known start."),
        Column("first_call", TEXT, "Start of the first call, ISO 8601, UTC; NULL when none is known."),
        Column("last_call", TEXT, "Start of the last call, ISO 8601, UTC; NULL when none is known."),
        Column("days", BIGINT, "Days from the first to the last call, both included; NULL when none is known.", "days"),
        Column("active_days", BIGINT, "Of these, with at least one call; NULL when none is known.", "days"),
        Column("age_days", DOUBLE, "From the first call to when the snapshot was published.", "days"),
        Column("idle_days", DOUBLE, "From the last call to when the snapshot was published.", "days"),
        Column("traces", BIGINT, "Distinct traces."),
        Column("conversations", BIGINT, "Distinct conversations of the calls that name one."),
        Column("in_conversations", BIGINT, "Calls that name a conversation."),
        Column("users", BIGINT, "Distinct users of the calls that name one."),
        Column("of_users", BIGINT, "Calls that name a user."),
    ),
)
