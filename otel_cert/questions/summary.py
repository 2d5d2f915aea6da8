"""Asks what happened in a window, in one row."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

SUMMARY = Question(
    "summary",
    "Calls and tokens in the window",
    "Always one row; without a window it says what the store holds.",
    columns=(
        Column("calls", BIGINT, "Calls."),
        Column("errors", BIGINT, "Of these, failed."),
        Column("first_call", TEXT, "Start of the first call, ISO 8601, UTC; NULL when none is known."),
        Column("last_call", TEXT, "Start of the last call, ISO 8601, UTC; NULL when none is known."),
        Column("services", BIGINT, "Distinct services."),
        Column("models", BIGINT, "Distinct pairs of provider and model asked for."),
        Column("input_tokens", BIGINT, "Input tokens, cache included, of the calls that report them.", "tokens"),
        Column("input_known", BIGINT, "Calls with known input tokens."),
        Column("cached_tokens", BIGINT, "Of these, read from the provider's cache.", "tokens"),
        Column("cached_known", BIGINT, "Calls that report whether the cache was read."),
        Column("output_tokens", BIGINT, "Output tokens of the calls that report them.", "tokens"),
        Column("output_known", BIGINT, "Calls with known output tokens."),
    ),
)
