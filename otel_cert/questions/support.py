"""Asks how many answers are supported by their context, and how sure that is."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

GROUPS = ("total", "model")

SUPPORT = Question(
    "support",
    "Support of answers (proxy)",
    "Answers whose score reaches the threshold, divided by answers with a score, each weighted by its share in the sample."
    " The interval is Wilson's (1927) at 95 % for as many independent answers as the answers of these users, else"
    " conversations, else traces, are worth: their number divided by the design effect (Kish"
    " 1965; Korn and Graubard 1998, Survey Methodology 24:193-201). No rows until the processor `accuracy` scores answers.",
    columns=(
        Column("model", TEXT, "Model asked for, else model that answered; NULL in the total."),
        Column("evaluation_name", TEXT, "What was evaluated."),
        Column("evaluator", TEXT, "What evaluated it."),
        Column("evaluator_version", TEXT, "Its version."),
        Column("threshold", DOUBLE, "Lowest score that counts as supported."),
        Column("threshold_source", TEXT, "Where the threshold comes from."),
        Column("sample_plan", TEXT, "The sampling plan, a JSON object."),
        Column("answers", BIGINT, "Calls that generated without an error, in the window and of the model."),
        Column("taken", BIGINT, "Of these, taken up by this evaluator; others are not in the sample, or wait."),
        Column("scored", BIGINT, "Of these, with a score: the n of the rate."),
        Column("supported", BIGINT, "Of these, supported."),
        Column("unscored", COUNTS, "Taken up and without a score, by reason."),
        Column("sources", COUNTS, "Scored answers by how their context was found."),
        Column("units", BIGINT, "Users, else conversations, else traces, that the scored answers are of."),
        Column("first_answer_unix_ns", BIGINT, "Start of the first of these calls with a score.", "ns since 1970"),
        Column("first_scored_unix_ns", BIGINT, "When the first of them was scored.", "ns since 1970"),
        Column("mean_score", DOUBLE, "Weighted mean score; NULL without a score."),
        Column("support_rate", DOUBLE, "Weighted share of supported answers; NULL without a score.", "fraction"),
        Column("support_rate_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("support_rate_high", DOUBLE, "Upper bound of its 95 % interval; NULL for a single unit.", "fraction"),
    ),
    params=(*WINDOW, Param("by", "What to group by.", "total", GROUPS)),
)
