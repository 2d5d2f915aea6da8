"""Asks how inputs, outputs and results were distributed in an earlier and a later part of the window."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, TEXT, Column

DRIFT = Question(
    "drift",
    "Distributions before and after",
    "Counts per bin, from which the statistics of `otel_cert.statistics.drift` are computed. Bins of numbers are as"
    " wide as 5 % of the value (of tokens: one token below 20); scores have 100 bins. The row of `units` has the"
    " users, else conversations, else traces, of each part.",
    columns=(
        Column("indicator", TEXT, "What is compared."),
        Column("kind", TEXT, "`number`, `category`, `share` (bins `yes` and `no`) or `units`."),
        Column("position", BIGINT, "Place of the bin in the order of numbers; NULL for the others."),
        Column("bin", TEXT, "Category; NULL for numbers and for the unknown."),
        Column("baseline", BIGINT, "Calls before the split."),
        Column("current", BIGINT, "Calls from the split on."),
        Column("split_unix_ns", BIGINT, "The split.", "ns since 1970"),
    ),
    params=(
        *WINDOW,
        Param(
            "split_ns", "Where the later part begins, ns since 1970; None = half-way from the first to the last call."
        ),
    ),
)
