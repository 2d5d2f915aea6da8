"""Asks how many conversations, traces or calls an event belongs to: notices shown, outputs marked, answers reviewed."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.questions.signals import EVENTS
from otel_cert.schema import BIGINT, TEXT, Column

UNITS = ("conversation", "trace", "call")

REACHED = Question(
    "reached",
    "What an event belongs to",
    "One row. Units are of the calls of the window that generate and did not fail. An event belongs to the trace that it names"
    " and to the conversation of its attribute `gen_ai.conversation.id`; to a call by its span.",
    columns=(
        Column("event", TEXT, "The event."),
        Column("unit", TEXT, "What is counted: conversations (else traces), traces or calls."),
        Column("n", BIGINT, "Units."),
        Column("with_event", BIGINT, "Of these, with the event."),
        Column("before_reply", BIGINT, "Of these, with the event no later than the end of their first call."),
    ),
    params=(
        *WINDOW,
        Param("event", "Which event.", "disclosure", EVENTS),
        Param("outcomes", "JSON array of outcomes, one of which it had; None = any."),
        Param("unit", "What is counted.", "conversation", UNITS),
    ),
)
