"""Asks how long the calls took, and how often they failed."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

GROUPS = ("model", "operation", "total")

LATENCY = Question(
    "latency",
    "Latency and errors",
    "Durations are those of calls that succeeded; percentiles interpolate between the two nearest calls. The error"
    " rate has a Wilson score interval at 95 % (Wilson 1927).",
    columns=(
        Column("provider", TEXT, "Provider; NULL in the total."),
        Column("model", TEXT, "Model asked for, else model that answered; NULL in the total."),
        Column("operation", TEXT, "Operation, when grouped by it."),
        Column("calls", BIGINT, "Calls."),
        Column("n", BIGINT, "Successful calls with a known duration: the n of the percentiles."),
        Column("p50_s", DOUBLE, "Half of them took no longer.", "s"),
        Column("p95_s", DOUBLE, "95 % of them took no longer.", "s"),
        Column("p99_s", DOUBLE, "99 % of them took no longer.", "s"),
        Column("ttft_n", BIGINT, "Successful calls with a known time to first token."),
        Column("ttft_p50_s", DOUBLE, "Time to first token, median.", "s"),
        Column("ttft_p95_s", DOUBLE, "Time to first token, 95th percentile.", "s"),
        Column("errors", BIGINT, "Failed calls."),
        Column("error_classes", COUNTS, "Failed calls by class."),
        Column("error_rate", DOUBLE, "Failed calls divided by calls.", "fraction"),
        Column("error_rate_low", DOUBLE, "Lower bound of its 95 % interval.", "fraction"),
        Column("error_rate_high", DOUBLE, "Upper bound of its 95 % interval.", "fraction"),
    ),
    params=(*WINDOW, Param("by", "What to group by; an operation is grouped within its model.", "model", GROUPS)),
)
