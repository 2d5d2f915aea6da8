"""Asks how many conversations, traces or calls an event belongs to: notices shown, outputs marked, answers reviewed."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.questions.signals import EVENTS
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

UNITS = ("conversation", "trace", "call")

REACHED = Question(
    "reached",
    "What an event belongs to",
    "One row. Units are of the calls of the window that generate and did not fail. An event belongs to the trace"
    " that it names and to the conversation of its attribute `gen_ai.conversation.id`; to a call by its span. The"
    " intervals are those of `rates`.",
    columns=(
        Column("event", TEXT, "The event."),
        Column("unit", TEXT, "What is counted: conversations (else traces), traces or calls."),
        Column("n", BIGINT, "Units."),
        Column("clusters", BIGINT, "Users, else conversations, else traces, that they are of."),
        Column("with_event", BIGINT, "Of these, with the event."),
        Column("share", DOUBLE, "With the event divided by n.", "fraction"),
        Column("share_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single cluster.", "fraction"),
        Column("share_high", DOUBLE, "Upper bound of its 95 % interval.", "fraction"),
        Column("before_reply", BIGINT, "Units with the event no later than the end of their first call."),
        Column("before_share", DOUBLE, "These divided by n.", "fraction"),
        Column("before_low", DOUBLE, "Lower bound of its 95 % interval.", "fraction"),
        Column("before_high", DOUBLE, "Upper bound of its 95 % interval.", "fraction"),
    ),
    params=(
        *WINDOW,
        Param("event", "Which event.", "disclosure", EVENTS),
        Param("outcomes", "JSON array of outcomes, one of which it had; None = any."),
        Param("unit", "What is counted.", "conversation", UNITS),
    ),
)
