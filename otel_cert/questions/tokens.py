"""Asks for the tokens of one call."""

from __future__ import annotations

from otel_cert.questions.question import Param, Question
from otel_cert.schema import BIGINT, TEXT, TOKEN_ENTROPY, Column

TOKENS = Question(
    "tokens",
    "Tokens of one call",
    "Every row of `token_entropy` of the call, beside what the call was.",
    columns=(
        Column("start_unix_ns", BIGINT, "Start of the call.", "ns since 1970"),
        Column("service_name", TEXT, "Service."),
        Column("provider", TEXT, "Provider."),
        Column("model", TEXT, "Model asked for, else model that answered."),
        *TOKEN_ENTROPY.columns,
    ),
    params=(Param("call", "Id of its span, or of a trace with its calls, or how one begins; None = no call."),),
)
