"""Asks with which parameters models were called."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

PARAMETERS = Question(
    "parameters",
    "Request parameters",
    "As sent; a parameter that was not sent has the provider's default, which is not known. Of each the ten most"
    " frequent values.",
    columns=(
        Column("name", TEXT, "Parameter."),
        Column("value", TEXT, "Its value."),
        Column("calls", BIGINT, "Calls with it."),
        Column("with_any", BIGINT, "Calls with any value of this parameter."),
        Column("distinct_values", BIGINT, "Values of this parameter."),
    ),
)
