"""Asks when another model, version, prompt, tool or parameter was first used."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, BOOL, TEXT, Column

ASPECTS = ("version", "model", "model that answered", "prompt", "tools", "parameters")
MOST_VALUES = 20

CHANGES = Question(
    "changes",
    "Changes over time",
    "A value that was not used before is a change. Those that a service or agent used in the first hundredth of the"
    " time in which it was seen are none: they are what it began with. The id of a change is of service, agent,"
    " aspect and value alone, so a decision about it stays. A return to an earlier value is none. With more than"
    f" {MOST_VALUES} values an aspect varies from call to call: one row says how many. What was not recorded is no"
    " value.",
    columns=(
        Column(
            "id",
            TEXT,
            "Twelve hex digits that identify the change; NULL for what was used from the start and where values vary.",
        ),
        Column("aspect", TEXT, f"{', '.join(ASPECTS)}."),
        Column("service", TEXT, "Service; NULL = unknown."),
        Column("agent", TEXT, "Agent, else workflow, of it; NULL = none is named, or all of a version."),
        Column(
            "value",
            TEXT,
            "What was used; of a prompt the MD5 of the system instructions, or else of a first"
            " message of that role. NULL where values vary.",
        ),
        Column("previous", TEXT, "The value that was first used before it."),
        Column("beside", BOOL, "Whether an earlier value was still used after its first use."),
        Column("first_seen", TEXT, "Start of the first call with it, ISO 8601, UTC."),
        Column("last_seen", TEXT, "Start of the last call with it, ISO 8601, UTC."),
        Column("calls", BIGINT, "Calls with it."),
        Column("distinct_values", BIGINT, "Values of this aspect of the service and agent."),
    ),
)
