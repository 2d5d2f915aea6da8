"""Asks of how many calls something is not known that a record of a call should hold."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

MISSING = Question(
    "missing",
    "Calls without what a record should hold",
    "Counts of all stored calls of the window, not estimates from a sample. A call that was never recorded is in none.",
    columns=(
        Column("field", TEXT, "What is looked for."),
        Column("n", BIGINT, "Calls that should hold it."),
        Column("missing", BIGINT, "Of these, without it."),
        Column("share", DOUBLE, "Missing divided by n; NULL without such calls.", "fraction"),
    ),
)
