"""Asks how the calls were evaluated."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

EVALUATIONS = Question(
    "evaluations",
    "Evaluations",
    "No rows until an analysis processor evaluates calls.",
    columns=(
        Column("evaluation_name", TEXT, "What was evaluated."),
        Column("evaluator", TEXT, "What evaluated it."),
        Column("evaluations", BIGINT, "Evaluations, failed ones included."),
        Column("scored", BIGINT, "Of these, with a score: the n of the mean."),
        Column("mean_score", DOUBLE, "Mean of the scores."),
        Column("labels", COUNTS, "How often each label was given."),
        Column("errors", BIGINT, "Evaluations that failed."),
    ),
)
