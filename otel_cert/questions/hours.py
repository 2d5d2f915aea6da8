"""Asks at which hours and on which days of the week calls are made."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

HOURS = Question(
    "hours",
    "Use by hour and day of the week",
    "UTC. Hours and days without calls have no row.",
    columns=(
        Column("part", TEXT, "hour or weekday."),
        Column("number", BIGINT, "Hour, 0 to 23; or day, 1 = Monday to 7 = Sunday."),
        Column("calls", BIGINT, "Calls that started in it."),
    ),
)
