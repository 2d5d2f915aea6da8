"""Asks which calls have an answer that may be evaluated; what was said is not part of the answer."""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Question
from otel_cert.schema import BIGINT, TEXT, Column

ANSWERS = Question(
    "answers",
    "Calls whose answers may be evaluated",
    "Calls that generate text and did not fail, in the order of their traces.",
    columns=(
        Column("trace_id", TEXT, "Trace."),
        Column("span_id", TEXT, "Span of the call."),
        Column("start_unix_ns", BIGINT, "Start.", "ns since 1970"),
    ),
    params=PRICED,
    priced=True,
)
