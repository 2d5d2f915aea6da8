"""Asks who or what made amounts differ from usual."""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Param, Question
from otel_cert.questions.series import METRICS, SERIES_GROUPS
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

CONTRIBUTIONS = Question(
    "contributions",
    "What made the difference",
    "For intervals that are compared with usual ones: the part of each model, service, user ... in the difference. Up to"
    " three values of each dimension that has several, the one with the greatest part of the difference first.",
    columns=(
        Column("id", BIGINT, "Number given to the comparison."),
        Column("dimension", TEXT, "model, service, user, provider, operation, agent or environment."),
        Column("value", TEXT, "The model, service ... (NULL: unknown)."),
        Column("actual", DOUBLE, "What it had in the interval.", "of the metric"),
        Column("usual", DOUBLE, "What it has in the usual ones.", "of the metric"),
        Column("share", DOUBLE, "Its part of the difference; those of all values add up to 1.", "fraction"),
        Column("usual_share", DOUBLE, "Its part of what is usual; NULL when nothing is.", "fraction"),
    ),
    params=(
        *PRICED,
        Param("by", "What the compared groups are groups of.", "total", SERIES_GROUPS),
        Param("interval", "hour or day.", "day", ("hour", "day")),
        Param("metric", "What is compared.", "cost", METRICS),
        Param(
            "asked",
            "JSON array of {id, key, currency, start, actual, usual}: how much calls of the group and currency in the"
            " interval that begins at `start` (ns since 1970) count in the comparison's two sides.",
        ),
    ),
    priced=True,
)
