"""Asks which time the stored calls cover."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, Column

EXTENT = Question(
    "extent",
    "Time covered",
    "One row: a time before the first or after the last call is not known to be without calls.",
    columns=(
        Column("first_unix_ns", BIGINT, "Start of the first call; NULL when none has a time.", "ns"),
        Column("last_unix_ns", BIGINT, "Start of the last call.", "ns"),
    ),
)
