"""Asks what the calls cost."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, PRICED, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, MONEY, TEXT, Column

GROUPS = (
    "model", "provider", "service", "user", "conversation", "agent", "operation", "environment", "tag", "day", "total",
)  # fmt: skip

COSTS = Question(
    "costs",
    "Cost, tokens and calls",
    "Calls that could not be priced are counted with the reason, never as 0. A group with prices in several"
    " currencies has one row per currency, and one without currency for its unpriced calls.",
    columns=(
        Column("provider", TEXT, "Provider, when grouped by model."),
        Column(
            "key",
            TEXT,
            "The group (NULL: unknown): a model is the one asked for, else the one that answered; days are UTC.",
        ),
        Column("calls", BIGINT, "Calls."),
        Column("priced_calls", BIGINT, "Calls with a known cost."),
        Column("estimated_calls", BIGINT, "Priced calls whose cost is not certain."),
        Column("unpriced_calls", BIGINT, "Calls without a known cost."),
        Column("unpriced_reasons", COUNTS, "Why, and how often."),
        Column("input_tokens", BIGINT, "Input tokens, cache included, of the calls that report them.", "tokens"),
        Column("input_known", BIGINT, "Calls with known input tokens."),
        Column("cached_tokens", BIGINT, "Of these, read from the provider's cache.", "tokens"),
        Column("cached_known", BIGINT, "Calls that report whether the cache was read."),
        Column("output_tokens", BIGINT, "Output tokens of the calls that report them.", "tokens"),
        Column("output_known", BIGINT, "Calls with known output tokens."),
        Column("currency", TEXT, "ISO 4217 code of the amounts; NULL when nothing is priced."),
        Column("cost", MONEY, "Cost of the priced calls; NULL when none is.", "currency"),
        Column("share", DOUBLE, "Part of the cost in this currency.", "fraction"),
        Column("cost_per_call", DOUBLE, "Cost divided by priced calls.", "currency"),
        Column(
            "priced_tokens", BIGINT, "Input and output tokens of the priced calls with known input tokens.", "tokens"
        ),
        Column("priced_tokens_cost", MONEY, "Cost of these calls; NULL when there is none.", "currency"),
        Column(
            "bucket_unix_ns",
            BIGINT,
            "Start of the hour or day, UTC, that is grouped by; NULL when none is, or without a time.",
            "ns",
        ),
    ),
    params=(
        *PRICED,
        Param("by", "What to group by.", "model", GROUPS),
        Param("bucket", "Also group by this part of time.", "none", ("none", "hour", "day")),
    ),
    priced=True,
)
