"""Asks which tasks the calls did: the groups within which calls are comparable."""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Question
from otel_cert.schema import BIGINT, MONEY, TEXT, Column

TASK = (
    Column("service", TEXT, "Service."),
    Column("operation", TEXT, "Operation."),
    Column("agent", TEXT, "Agent, else workflow."),
    Column("provider", TEXT, "Provider."),
    Column("model", TEXT, "Model asked for, else the one that answered."),
)
"""What makes a task; NULL = unknown."""

TASKS = Question(
    "tasks",
    "Tasks",
    "A task is what one service, operation, agent and model do; its calls are comparable. Each price and currency is a"
    " row of its own.",
    columns=(
        *TASK,
        Column("price_id", TEXT, "Seller and model of the price; NULL when unpriced."),
        Column("currency", TEXT, "ISO 4217 code of the cost; NULL when unpriced."),
        Column("calls", BIGINT, "Calls."),
        Column("with_content", BIGINT, "Calls whose content is stored."),
        Column("with_cache_counts", BIGINT, "Calls that report whether the provider's cache was read."),
        Column("priced_calls", BIGINT, "Calls with a known cost."),
        Column("cost", MONEY, "Their cost; NULL when none is priced.", "currency"),
        Column("longest", BIGINT, "Most input and output tokens of one call; NULL = unknown.", "tokens"),
        Column("mean_output", BIGINT, "Mean output tokens of the calls that report them, rounded.", "tokens"),
    ),
    params=PRICED,
    priced=True,
)
