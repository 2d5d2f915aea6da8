"""Asks how calls failed."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

ERRORS = Question(
    "errors",
    "Errors by class",
    "Error messages are left out: they may quote prompts.",
    columns=(
        Column("error_class", TEXT, "rate_limit, server, auth, timeout, invalid_request, content_filter, other."),
        Column("error_type", TEXT, "Error as sent."),
        Column("calls", BIGINT, "Calls that failed with it."),
        Column("services", BIGINT, "Services that saw it."),
        Column("example_service", TEXT, "One of them."),
        Column("last_seen", TEXT, "Start of the last such call, ISO 8601, UTC."),
    ),
)
