"""Asks for a random sample of the calls whose texts are stored: which calls, not what they say."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, TEXT, Column

DRAWN = Question(
    "drawn",
    "A random sample of calls with texts",
    "Of the calls that generated without failing and whose texts are stored, the first by the MD5 of seed, trace and"
    " span: the same ones whenever it is asked of the same data.",
    columns=(
        Column("trace_id", TEXT, "Trace."),
        Column("span_id", TEXT, "Span."),
        Column("eligible", BIGINT, "Calls of which the sample was drawn."),
        Column("unit", TEXT, "Pseudonym of its user, else conversation, else trace: calls that share it are alike."),
    ),
    params=(*WINDOW, Param("size", "Calls of the sample.", 200), Param("seed", "Seed of the draw.", "otel-cert")),
)
