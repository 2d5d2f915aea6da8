"""Asks for the answers that their context supports least."""

from __future__ import annotations

from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

UNSUPPORTED = Question(
    "unsupported",
    "Least supported answers",
    "Of every unsupported answer its least supported sentence. No rows until the processor `accuracy` scores answers.",
    columns=(
        Column("trace_id", TEXT, "Trace of the call."),
        Column("span_id", TEXT, "Span of the call."),
        Column("start_unix_ns", BIGINT, "Start of the call.", "ns since 1970"),
        Column("model", TEXT, "Model asked for, else model that answered."),
        Column("evaluator", TEXT, "What evaluated it."),
        Column("score", DOUBLE, "Score of the answer."),
        Column("claim", TEXT, "The sentence.", sensitive=True),
        Column("claim_start", BIGINT, "Its first character in the answer."),
        Column("claim_score", DOUBLE, "Score of the sentence."),
        Column("reasons", TEXT, "What is not supported, JSON as in `claims`.", sensitive=True),
        Column("evidence", TEXT, "What the context says that is nearest.", sensitive=True),
    ),
    params=(*WINDOW, Param("most", "How many answers.", 5)),
)
