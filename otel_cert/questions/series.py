"""Asks what was spent, hour by hour or day by day."""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Param, Question
from otel_cert.schema import BIGINT, BOOL, MONEY, TEXT, Column

SERIES_GROUPS = (
    "total", "model", "provider", "service", "user", "conversation", "agent", "operation", "environment", "tag",
)  # fmt: skip
METRICS = ("cost", "calls", "tokens", "cost_per_call")

SERIES = Question(
    "series",
    "Calls, cost and tokens over time",
    "Without gaps from a group's first call to the last call that is stored: between calls that are stored, no calls is"
    " no spending. Before the first and after the last it is not known. Calls whose start is unknown are in no interval.",
    columns=(
        Column("key", TEXT, "The group (NULL: unknown)."),
        Column(
            "currency", TEXT, "ISO 4217 code of the amounts; NULL when nothing is priced, or amounts are not asked for."
        ),
        Column("start_unix_ns", BIGINT, "Start of the interval (UTC).", "ns since 1970"),
        Column("whole", BOOL, "Calls are stored from before it and from after it, so nothing is missing at its ends."),
        Column("calls", BIGINT, "Calls that started in it."),
        Column("priced_calls", BIGINT, "Of these, with a known cost."),
        Column("cost", MONEY, "Their cost; NULL when none has one.", "currency"),
        Column("counted_calls", BIGINT, "Calls with known tokens."),
        Column("tokens", BIGINT, "Input and output tokens of these; NULL when there are none.", "tokens"),
        Column("groups", BIGINT, "Groups that there are; the rows are of the largest."),
        Column("stored_from_ns", BIGINT, "First call in the store, whatever the filters.", "ns since 1970"),
        Column("stored_to_ns", BIGINT, "Last call in the store, whatever the filters.", "ns since 1970"),
    ),
    params=(
        *PRICED,
        Param("by", "What to group by; a tag is given as `tag`.", "total", SERIES_GROUPS),
        Param("interval", "hour or day.", "day", ("hour", "day")),
        Param("metric", "What is asked for: groups are ranked by their greatest interval.", "cost", METRICS),
        Param(
            "from_ns", "Rows begin with the interval of this time, ns since 1970; groups begin with their first call."
        ),
        Param("top", "At most so many groups.", 100),
    ),
    priced=True,
)
