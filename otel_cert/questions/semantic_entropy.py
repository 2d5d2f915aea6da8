"""Asks for which requests several answers were drawn; what was said is not part of the answer."""

from __future__ import annotations

import pyarrow as pa

from otel_cert.questions.question import PRICED, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

SEMANTIC_ENTROPY = Question(
    "semantic_entropy",
    "Requests with several answers",
    "Requests whose answers were drawn more than once: several choices of a call, or equal requests of a service (model,"
    " instructions, messages, tools, parameters). Repeated requests with a seed are left out, for they draw one answer"
    " again. `otel_cert.evaluation.semantic` says how many meanings the answers have.",
    columns=(
        Column("request", TEXT, "Digest of the request."),
        Column("service", TEXT, "Service that made it."),
        Column("provider", TEXT, "Provider."),
        Column("model", TEXT, "Model asked for, else model that answered."),
        Column("temperature", DOUBLE, "Temperature asked for; NULL when not recorded."),
        Column("calls", BIGINT, "Calls of the request."),
        Column("n", BIGINT, "Their choices."),
        Column("first_unix_ns", BIGINT, "Start of the first call.", "ns since 1970"),
        Column("last_unix_ns", BIGINT, "Start of the last call.", "ns since 1970"),
        Column("members", pa.list_(TEXT), "The calls in the order of their start, `TRACE_ID/SPAN_ID`."),
    ),
    params=(
        *PRICED,
        Param(
            "unknown_temperature",
            "Whether calls without a recorded temperature count; most providers then use 1, which is not known.",
            "left_out",
            ("left_out", "taken"),
        ),
        Param("most", "How many requests; those with the most answers first.", 100),
    ),
    priced=True,
)
