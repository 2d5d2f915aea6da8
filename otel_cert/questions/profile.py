"""Asks how long inputs, answers and calls are."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

PROFILE = Question(
    "profile",
    "Lengths of inputs and outputs",
    "Of the calls that did not fail and report the number. Tokens are a proxy for the length of texts, and those of"
    " models with other vocabularies are not comparable.",
    columns=(
        Column("measure", TEXT, "input tokens, output tokens, reasoning tokens."),
        Column("n", BIGINT, "Calls that report it."),
        Column("mean", DOUBLE, "Mean.", "tokens"),
        Column("p05", DOUBLE, "5 % of the calls have no more.", "tokens"),
        Column("p50", DOUBLE, "Half of them have no more.", "tokens"),
        Column("p95", DOUBLE, "95 % of them have no more.", "tokens"),
        Column("most", BIGINT, "The greatest.", "tokens"),
    ),
)
