"""Asks how much was used, by a bounded number of label sets: what monitoring systems are told."""

from __future__ import annotations

import pyarrow as pa

from otel_cert.questions.question import COUNTS, WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, MONEY, TEXT, Column

LABELS = ("provider", "model", "operation", "service", "environment")

USAGE = Question(
    "usage",
    "Calls, tokens, cost and durations by label",
    "Durations are those of calls that succeeded. The label sets with the fewest calls beyond `max_sets` are one row"
    " whose labels are `other`.",
    columns=(
        Column("provider", TEXT, "Provider; NULL when unknown or no label, as the four that follow."),
        Column("model", TEXT, "Model asked for, else model that answered."),
        Column("operation", TEXT, "Operation."),
        Column("service", TEXT, "Service."),
        Column("environment", TEXT, "Deployment environment."),
        Column("sets_in_other", BIGINT, "How many label sets this row puts together; 0 when it is one."),
        Column("calls", BIGINT, "Calls."),
        Column("errors", BIGINT, "Of these, failed."),
        Column("error_classes", COUNTS, "Failed calls by class."),
        Column("duplicated_calls", BIGINT, "Calls that more than one instrumentation recorded, counted once."),
        Column("input_tokens", BIGINT, "Input tokens, cache included, of the calls that report them.", "tokens"),
        Column("cache_read_tokens", BIGINT, "Of these, read from the provider's cache.", "tokens"),
        Column("cache_write_tokens", BIGINT, "Of these, written to the provider's cache.", "tokens"),
        Column("output_tokens", BIGINT, "Output tokens of the calls that report them.", "tokens"),
        Column("reasoning_tokens", BIGINT, "Of these, reasoning.", "tokens"),
        Column("priced_calls", BIGINT, "Calls with a known cost."),
        Column("unpriced_reasons", COUNTS, "Why calls have no known cost, and how often."),
        Column("p50_s", DOUBLE, "Half of the calls took no longer.", "s"),
        Column("p95_s", DOUBLE, "95 % of them took no longer.", "s"),
        Column("p99_s", DOUBLE, "99 % of them took no longer.", "s"),
        Column("ttft_p50_s", DOUBLE, "Time to first token, median.", "s"),
        Column("ttft_p95_s", DOUBLE, "Time to first token, 95th percentile.", "s"),
        Column("cost", pa.map_(TEXT, MONEY), "Cost of the priced calls by currency; NULL when none is.", "currency"),
    ),
    params=(
        *WINDOW,
        Param(
            "labels", f"What to group by: any of {', '.join(LABELS)}, separated by commas.", "provider,model,service"
        ),
        Param("max_sets", "Most label sets that stand for themselves.", 500),
    ),
)
