"""Asks why the models stopped."""

from __future__ import annotations

from otel_cert.questions.question import Question
from otel_cert.schema import BIGINT, TEXT, Column

FINISH = Question(
    "finish",
    "Finish reasons",
    "Of the calls that did not fail. `content_filter`: the provider, or a guardrail that it runs, stopped or refused.",
    columns=(
        Column("reason", TEXT, "stop, length, tool_call, content_filter, error, other; NULL = not recorded."),
        Column("sent", TEXT, "As sent."),
        Column("calls", BIGINT, "Calls."),
    ),
)
