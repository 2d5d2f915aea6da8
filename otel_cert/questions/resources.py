"""Asks where and on what the services ran, as their telemetry says."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

RESOURCES = Question(
    "resources",
    "Resource attributes",
    "Of the attributes of resources those about place, platform, runtime and SDK; names and ids of single hosts,"
    " containers and processes are left out. Of each the 20 most frequent values.",
    columns=(
        Column("key", TEXT, "Attribute."),
        Column("value", TEXT, "Its value."),
        Column("services", BIGINT, "Services that sent it."),
        Column("requests", BIGINT, "Requests with a resource that has it."),
        Column("distinct_values", BIGINT, "Values of this attribute."),
    ),
)
