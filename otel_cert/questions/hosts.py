"""Asks which servers the newest model calls went to."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, TEXT, Column

HOSTS = Question(
    "hosts",
    "Servers of the newest calls",
    "Attribute server.address of the spans that say an operation, the newest only: of earlier ones nothing is said.",
    columns=(
        Column("provider", TEXT, "Provider."),
        Column("server", TEXT, "Host name or address; NULL = not recorded."),
        Column("spans", BIGINT, "Spans."),
        Column("first_seen", TEXT, "Start of the first of these, ISO 8601, UTC."),
    ),
    params=(*WINDOW, Param("newest", "Spans that are looked at, and those that started with the last of them.", 2000)),
)
