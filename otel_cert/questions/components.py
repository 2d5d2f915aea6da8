"""Asks of which parts the records speak: services, agents, tools, data sources, providers, instrumentations."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

KINDS = (
    "service", "environment", "agent", "workflow", "operation", "provider", "instrumentation", "tool", "data source",
)  # fmt: skip

COMPONENTS = Question(
    "components",
    "Components seen",
    "Of each kind the 100 most used. A part that is not instrumented is not seen.",
    columns=(
        Column("kind", TEXT, f"{', '.join(KINDS)}."),
        Column("name", TEXT, "Its name; NULL = calls that name none."),
        Column("version", TEXT, "Its version; NULL where none is recorded."),
        Column("uses", BIGINT, "Calls, or of tools and data sources their uses."),
        Column("failed", BIGINT, "Of these, failed."),
        Column("first_seen", TEXT, "Start of the first, ISO 8601, UTC."),
        Column("last_seen", TEXT, "Start of the last, ISO 8601, UTC."),
        Column("of_kind", BIGINT, "Names and versions of this kind."),
    ),
)
