"""Asks which models were asked, and which answered."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

MODELS = Question(
    "models",
    "Models and versions seen",
    "A model asked for by an alias shows the version that answered; a change of version is a new row.",
    columns=(
        Column("provider", TEXT, "Provider."),
        Column("request_model", TEXT, "Model asked for."),
        Column("response_model", TEXT, "Model that answered; NULL when none did or it was not recorded."),
        Column("first_seen", TEXT, "Start of the first call, ISO 8601, UTC."),
        Column("last_seen", TEXT, "Start of the last call, ISO 8601, UTC."),
        Column("calls", BIGINT, "Calls."),
        Column("errors", BIGINT, "Of these, failed."),
    ),
)
