"""Asks how the answers of each task were evaluated, so that models can be compared."""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Question
from otel_cert.questions.tasks import TASK
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

QUALITY = Question(
    "quality",
    "Quality by task",
    "Scores of one evaluation by one evaluator and version, so that two models of a task are compared by the same measure.",
    columns=(
        *TASK,
        Column("price_id", TEXT, "Seller and model of the price; NULL when unpriced."),
        Column("evaluation", TEXT, "What was evaluated."),
        Column("evaluator", TEXT, "What evaluated it, and its version."),
        Column("n", BIGINT, "Calls with a score."),
        Column("mean", DOUBLE, "Mean score."),
        Column("deviation", DOUBLE, "Standard deviation of the scores; NULL for one."),
    ),
    params=PRICED,
    priced=True,
)
