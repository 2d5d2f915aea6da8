"""Asks how far the label of an automatic evaluation is that of people."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

AGREED = Question(
    "agreed",
    "An automatic score beside people's labels",
    "Of the answers that people and the table `support` labelled. The labels are a parameter, so they are part of the"
    " evidence. Positive is supported. The intervals are those of `judged`.",
    columns=(
        Column(
            "measure",
            TEXT,
            "`sensitivity`: of people's positives; `specificity`: of their negatives; `agreement`: of all.",
        ),
        Column("n", BIGINT, "Answers that it is of."),
        Column("hits", BIGINT, "Of these, labelled by the evaluation as people did."),
        Column("units", BIGINT, "Documents, users, conversations or else traces, that they are of."),
        Column("share", DOUBLE, "Hits divided by n.", "fraction"),
        Column("share_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("share_high", DOUBLE, "Upper bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("evaluators", BIGINT, "Evaluators with another version or threshold: figures of several are mixed."),
    ),
    params=(*WINDOW, Param("labels", "JSON array, as in `judged`.")),
)
