"""Asks which share of the calls failed, was refused, was cut off or was answered by another model, and how sure that is."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, BOOL, DOUBLE, TEXT, Column

GROUPS = ("total", "model", "service", "environment", "agent", "language")
RATES_ASKED = ("failed", "refused", "cut_off", "streamed", "other_model", "supported")

RATES = Question(
    "rates",
    "Shares of calls",
    "The interval is Wilson's (1927) at 95 % for as many independent calls as the calls of these users, else"
    " conversations, else traces, are worth: their number divided by the design effect (Kish 1965; Korn and Graubard"
    " 1998, Survey Methodology 24:193-201). Of a group with fewer than 10 calls nothing but that is told."
    " `supported`: of the scored answers those that every evaluator calls so, a proxy; without weights.",
    columns=(
        Column("key", TEXT, "The group; NULL: unknown, or the total."),
        Column("rate", TEXT, f"What is counted: {', '.join(RATES_ASKED)}."),
        Column("n", BIGINT, "Calls of which it is known; NULL when suppressed."),
        Column("hits", BIGINT, "Of these, so; NULL when suppressed."),
        Column("units", BIGINT, "Users, else conversations, else traces, that they are of; NULL when suppressed."),
        Column("share", DOUBLE, "Hits divided by n; NULL when suppressed.", "fraction"),
        Column("share_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("share_high", DOUBLE, "Upper bound of its 95 % interval; NULL for a single unit.", "fraction"),
        Column("suppressed", BOOL, "Whether the group has fewer than 10 calls."),
    ),
    params=(
        *WINDOW,
        Param("by", "What to group by; `language`: as the processor `accuracy` found it.", "total", GROUPS),
    ),
)
