"""Asks what people said of answers, and whether the automatic score said the same."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

GROUPS = ("total", "model", "stratum")

JUDGED = Question(
    "judged",
    "Answers that people labelled",
    "The labels are a parameter, so they are part of the evidence. Shares are weighted by how many answers each"
    " stands for; the interval is Wilson's (1927) at 95 % for as many independent answers as those of these"
    " documents, users, conversations or else traces are worth (Kish 1965). Beside them, per evaluator of the table"
    " `support`, whether its label was the same.",
    columns=(
        Column("key", TEXT, "The group; NULL: unknown, or the total."),
        Column("n", BIGINT, "Labelled answers of the window."),
        Column("positive", BIGINT, "Of these, labelled 1."),
        Column("weighted", BIGINT, "Of these, with another weight than 1."),
        Column("units", BIGINT, "Documents, users, conversations or else traces, that they are of."),
        Column("share", DOUBLE, "Weighted share of the positive.", "fraction"),
        Column("share_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("share_high", DOUBLE, "Upper bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("both", BIGINT, "Labelled answers that the automatic evaluation labelled, too."),
        Column(
            "evaluators",
            BIGINT,
            "Automatic evaluators with another version or threshold: figures of several are mixed.",
        ),
    ),
    params=(
        *WINDOW,
        Param("labels", "JSON array of {trace_id, span_id, label, weight, stratum, unit}; None = none."),
        Param("by", "What to group by.", "total", GROUPS),
    ),
)
