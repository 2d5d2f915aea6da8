"""Asks for the longest intervals without a call, and how long they usually are."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

GAPS = Question(
    "gaps",
    "Longest intervals without a call",
    "The ten longest. An interval between the starts of two calls in turn is long when it is long against the"
    " others: nothing was used then, or nothing was recorded. The calls cannot tell which.",
    columns=(
        Column("from_time", TEXT, "Start of the call before, ISO 8601, UTC."),
        Column("to_time", TEXT, "Start of the call after, ISO 8601, UTC."),
        Column("seconds", DOUBLE, "How long it was.", "s"),
        Column("times_usual", DOUBLE, "The same divided by `usual_s`; NULL when that is 0."),
        Column("median_s", DOUBLE, "Median of all intervals.", "s"),
        Column("usual_s", DOUBLE, "99 % of all intervals were no longer.", "s"),
        Column("intervals", BIGINT, "All intervals."),
    ),
)
