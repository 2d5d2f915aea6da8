"""Asks what counters of senders and Collectors say: calls counted apart from spans, and spans that were lost on the way."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

COUNTERS = Question(
    "counters",
    "Independent counters",
    "Metric points whose time is in the window. A cumulative counter that began before the window counts from its"
    " first point in it. No rows when no such metric was sent: that says nothing of losses.",
    columns=(
        Column("counts", TEXT, "`calls`: model calls; `kept`: spans that were passed on; `lost`: spans that were not."),
        Column("name", TEXT, "The metric."),
        Column("streams", BIGINT, "Time series that say it, of different processes or attributes."),
        Column("total", DOUBLE, "What they count together in the window."),
    ),
)
