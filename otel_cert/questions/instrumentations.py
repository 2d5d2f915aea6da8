"""Asks which instrumentations recorded the calls, and what each leaves out."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, Question
from otel_cert.schema import BIGINT, TEXT, Column

INSTRUMENTATIONS = Question(
    "instrumentations",
    "Instrumentations",
    "Which instrumentations recorded the calls of a window, and how many calls lack what.",
    columns=(
        Column("dialect", TEXT, "The rules that read its spans."),
        Column("scope_name", TEXT, "Instrumentation scope."),
        Column("scope_version", TEXT, "Its version; NULL when not sent."),
        Column("calls", BIGINT, "Calls that it recorded, or recorded best."),
        Column("failed", BIGINT, "Of these, failed."),
        Column("without_tokens", BIGINT, "Of those that succeeded, without token counts."),
        Column("estimated_tokens", BIGINT, "With token counts that the instrumentation estimated."),
        Column("without_model", BIGINT, "Of those that succeeded, without a response model."),
        Column("without_content", BIGINT, "Of chat calls, without messages: not recorded, redacted or kept elsewhere."),
        Column("duplicates", BIGINT, "Its records of calls that another record says more of; not counted."),
        Column("unreadable", COUNTS, "Fields that were sent in a form that could not be read, and how often."),
    ),
)
