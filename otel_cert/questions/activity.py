"""Asks when the calls were made."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

ACTIVITY = Question(
    "activity",
    "Calls over time",
    "Calls per second when the first and last call are up to 3 minutes apart, per minute up to 3 hours, per hour up"
    " to 5 days, else per day (UTC). Intervals without calls have no row, nor have calls"
    " whose start is unknown.",
    columns=(
        Column("interval", TEXT, "second, minute, hour or day."),
        Column("start", TEXT, "Start of the interval, ISO 8601, UTC."),
        Column("calls", BIGINT, "Calls that started in it."),
        Column("errors", BIGINT, "Of these, failed."),
        Column("input_tokens", BIGINT, "Input tokens of the calls that report them.", "tokens"),
        Column("input_known", BIGINT, "Calls with known input tokens."),
        Column("output_tokens", BIGINT, "Output tokens of the calls that report them.", "tokens"),
        Column("output_known", BIGINT, "Calls with known output tokens."),
    ),
)
