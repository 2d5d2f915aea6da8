"""Asks how the spans arrived: how late, how complete, and whether a sampler chose among them."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, DOUBLE, Column

ARRIVAL = Question(
    "arrival",
    "How spans arrived",
    "Always one row, over all spans that started in the window, not only those of model calls. A span that was"
    " dropped before it was sent is in none of these figures.",
    columns=(
        Column("spans", BIGINT, "Spans."),
        Column("sampled", BIGINT, "With the W3C flag that says that the trace is sampled."),
        Column("thresholds", BIGINT, "With a sampling threshold in their trace state (`ot=th:`)."),
        Column(
            "least_share", DOUBLE, "Lowest sampling probability that a threshold says; NULL without any.", "fraction"
        ),
        Column("stands_for", DOUBLE, "Spans that those with a threshold stand for; NULL without any."),
        Column("late_15s", BIGINT, "Received more than 15 s after their end."),
        Column("late_5min", BIGINT, "Received more than 5 min after their end."),
        Column("late_1h", BIGINT, "Received more than an hour after their end."),
        Column("early", BIGINT, "Received before their end: the sender's clock is ahead of ours."),
        Column("longest_s", DOUBLE, "Longest time from end to reception; NULL without spans.", "s"),
        Column("odd", BIGINT, "With something odd, which is in their flags."),
        Column("cut", BIGINT, "Of which the sender dropped attributes, events or links."),
        Column("dropped_attributes", BIGINT, "Attributes that senders dropped."),
        Column("dropped_events", BIGINT, "Events that senders dropped."),
        Column("dropped_links", BIGINT, "Links that senders dropped."),
    ),
)
