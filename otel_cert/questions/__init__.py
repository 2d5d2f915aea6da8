"""The questions people ask of the store; each is `NAME.py` (what it means) and `NAME.sql` (how it is computed)."""

from __future__ import annotations

from otel_cert.questions.activity import ACTIVITY
from otel_cert.questions.answers import ANSWERS
from otel_cert.questions.budget import BUDGET
from otel_cert.questions.contributions import CONTRIBUTIONS
from otel_cert.questions.costs import COSTS
from otel_cert.questions.coverage import COVERAGE
from otel_cert.questions.duplicates import DUPLICATES
from otel_cert.questions.entropy import ENTROPY
from otel_cert.questions.errors import ERRORS
from otel_cert.questions.evaluations import EVALUATIONS
from otel_cert.questions.extent import EXTENT
from otel_cert.questions.instrumentations import INSTRUMENTATIONS
from otel_cert.questions.latency import LATENCY
from otel_cert.questions.models import MODELS
from otel_cert.questions.quality import QUALITY
from otel_cert.questions.question import Answer, Param, Question, ask
from otel_cert.questions.roi import ROI
from otel_cert.questions.savings import KINDS as SAVINGS
from otel_cert.questions.semantic_entropy import SEMANTIC_ENTROPY
from otel_cert.questions.series import SERIES
from otel_cert.questions.summary import SUMMARY
from otel_cert.questions.support import SUPPORT
from otel_cert.questions.tasks import TASKS
from otel_cert.questions.tokens import TOKENS
from otel_cert.questions.uncertain import UNCERTAIN
from otel_cert.questions.unmeasured import UNMEASURED
from otel_cert.questions.unsupported import UNSUPPORTED
from otel_cert.questions.usage import USAGE

ALL = (
    SUMMARY, ACTIVITY, MODELS, COSTS, LATENCY, ERRORS, COVERAGE, USAGE, EVALUATIONS, INSTRUMENTATIONS, EXTENT,
    DUPLICATES, BUDGET, ROI, SERIES, CONTRIBUTIONS, TASKS, QUALITY, ANSWERS, SUPPORT, UNSUPPORTED, ENTROPY,
    UNMEASURED, UNCERTAIN, TOKENS, SEMANTIC_ENTROPY, *SAVINGS,
)  # fmt: skip
"""Every question."""

__all__ = [
    "ACTIVITY", "ALL", "ANSWERS", "BUDGET", "CONTRIBUTIONS", "COSTS", "COVERAGE", "DUPLICATES", "ENTROPY", "ERRORS",
    "EVALUATIONS", "EXTENT", "INSTRUMENTATIONS", "LATENCY", "MODELS", "QUALITY", "ROI", "SAVINGS", "SEMANTIC_ENTROPY",
    "SERIES", "SUMMARY", "SUPPORT", "TASKS", "TOKENS", "UNCERTAIN", "UNMEASURED", "UNSUPPORTED", "USAGE",
    "Answer", "Param", "Question", "ask",
]  # fmt: skip
