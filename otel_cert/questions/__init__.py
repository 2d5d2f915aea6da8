"""The questions people ask of the store; each is `NAME.py` (what it means) and `NAME.sql` (how it is computed)."""

from __future__ import annotations

from otel_cert.questions.activity import ACTIVITY
from otel_cert.questions.costs import COSTS
from otel_cert.questions.coverage import COVERAGE
from otel_cert.questions.errors import ERRORS
from otel_cert.questions.evaluations import EVALUATIONS
from otel_cert.questions.instrumentations import INSTRUMENTATIONS
from otel_cert.questions.latency import LATENCY
from otel_cert.questions.models import MODELS
from otel_cert.questions.quality import QUALITY
from otel_cert.questions.question import Answer, Param, Question, ask
from otel_cert.questions.savings import KINDS as SAVINGS
from otel_cert.questions.summary import SUMMARY
from otel_cert.questions.tasks import TASKS
from otel_cert.questions.usage import USAGE

ALL = (
    SUMMARY, ACTIVITY, MODELS, COSTS, LATENCY, ERRORS, COVERAGE, USAGE, EVALUATIONS, INSTRUMENTATIONS, TASKS, QUALITY,
    *SAVINGS,
)  # fmt: skip
"""Every question."""

__all__ = [
    "ACTIVITY", "ALL", "COSTS", "COVERAGE", "ERRORS", "EVALUATIONS", "INSTRUMENTATIONS", "LATENCY", "MODELS",
    "QUALITY", "SAVINGS", "SUMMARY", "TASKS", "USAGE",
    "Answer", "Param", "Question", "ask",
]  # fmt: skip
