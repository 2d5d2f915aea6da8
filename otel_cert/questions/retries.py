"""Asks what came after a failed call in its trace: nothing, the same model again, or another one."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

RETRIES = Question(
    "retries",
    "What followed failed calls",
    "A proxy: the call that started next in the same trace. It may be a retry, a fallback, or another step of the"
    " work. Retries inside a client library are seen only where it is instrumented.",
    columns=(
        Column("error_class", TEXT, "Class of the failed call."),
        Column("failed", BIGINT, "Failed calls."),
        Column("followed", BIGINT, "Of these, followed by a call in the same trace."),
        Column("same_model", BIGINT, "Of these, of the same provider and model."),
        Column("other_model", BIGINT, "Of the followed, of another provider or model."),
        Column("recovered", BIGINT, "Of the followed, where that call did not fail."),
    ),
)
