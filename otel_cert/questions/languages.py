"""Asks in which languages the scored answers are."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

LANGUAGES = Question(
    "languages",
    "Languages of answers",
    "Of the answers that the processor `accuracy` scored; the intervals are those of `rates`. Languages of fewer than 10"
    " answers are left out.",
    columns=(
        Column("language", TEXT, "ISO 639-1; `und`: none of those that are told apart."),
        Column("n", BIGINT, "Scored answers of the window with a language."),
        Column("answers", BIGINT, "Of these, in this language."),
        Column("units", BIGINT, "Users, else conversations, else traces, that the n answers are of."),
        Column("share", DOUBLE, "Answers divided by n.", "fraction"),
        Column("share_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("share_high", DOUBLE, "Upper bound of its 95 % interval; NULL for a single unit.", "fraction"),
    ),
    params=WINDOW,
)
