"""Asks how many records of the same calls were left out of the sums."""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Question
from otel_cert.schema import BIGINT, Column

DUPLICATES = Question(
    "duplicates",
    "Duplicates removed",
    "One row: two instrumentations that record one call make one call and one duplicate.",
    columns=(
        Column("duplicated_calls", BIGINT, "Calls that were recorded more than once."),
        Column("duplicates", BIGINT, "Their records beyond the first, which no sum contains."),
    ),
    params=PRICED,
    priced=True,
)
