"""Asks which events applications sent of what happens around the calls: reviews, notices, guardrails, feedback ..."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

EVENTS = (
    "review", "stop", "feedback", "complaint", "guardrail", "disclosure", "marking", "fallback", "explanation",
)  # fmt: skip

SIGNALS = Question(
    "signals",
    "Events around the calls",
    "Log records with the event name `otel_cert.NAME`; what they say is in the attributes `otel_cert.NAME.outcome`,"
    " `.category`, `.by` and `.seconds`. No rows when applications send none: that says nothing of what happens.",
    columns=(
        Column("event", TEXT, f"{', '.join(EVENTS)}."),
        Column("outcome", TEXT, "What came of it: approved, overridden, shown, blocked ...; NULL = not said."),
        Column("category", TEXT, "What it was about: prompt_injection, leakage ...; NULL = not said."),
        Column("events", BIGINT, "Events."),
        Column("traces", BIGINT, "Distinct traces that they name."),
        Column("people", BIGINT, "Distinct values of `.by`."),
        Column("timed", BIGINT, "Events that say `.seconds`."),
        Column("median_s", DOUBLE, "Their median; NULL without any.", "s"),
        Column("first_seen", TEXT, "The first, ISO 8601, UTC."),
        Column("last_seen", TEXT, "The last, ISO 8601, UTC."),
    ),
)
