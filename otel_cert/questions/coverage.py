"""Asks what is known about the calls, what is not, and why."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, Question
from otel_cert.schema import BIGINT, TEXT, Column

COVERAGE = Question(
    "coverage",
    "What is known and unknown",
    "Known, unknown and not applicable add up to the calls of the window, for every field.",
    columns=(
        Column("field", TEXT, "What is asked of each call."),
        Column("calls", BIGINT, "Calls."),
        Column("known", BIGINT, "Calls where it is known."),
        Column("unknown", BIGINT, "Calls where it should be but is not, or is only an estimate."),
        Column("not_applicable", BIGINT, "Calls that have no such thing, e.g. a first token without streaming."),
        Column("reasons", COUNTS, "Why it is unknown, and how often."),
    ),
)
