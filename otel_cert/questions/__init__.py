"""The questions people ask of the store; each is `NAME.py` (what it means) and `NAME.sql` (how it is computed)."""

from __future__ import annotations

from otel_cert.questions.activity import ACTIVITY
from otel_cert.questions.agreed import AGREED
from otel_cert.questions.answers import ANSWERS
from otel_cert.questions.arrival import ARRIVAL
from otel_cert.questions.budget import BUDGET
from otel_cert.questions.changes import CHANGES
from otel_cert.questions.components import COMPONENTS
from otel_cert.questions.contributions import CONTRIBUTIONS
from otel_cert.questions.costs import COSTS
from otel_cert.questions.counters import COUNTERS
from otel_cert.questions.coverage import COVERAGE
from otel_cert.questions.drawn import DRAWN
from otel_cert.questions.drift import DRIFT
from otel_cert.questions.duplicates import DUPLICATES
from otel_cert.questions.entropy import ENTROPY
from otel_cert.questions.errors import ERRORS
from otel_cert.questions.evaluations import EVALUATIONS
from otel_cert.questions.extent import EXTENT
from otel_cert.questions.finish import FINISH
from otel_cert.questions.gaps import GAPS
from otel_cert.questions.hosts import HOSTS
from otel_cert.questions.hours import HOURS
from otel_cert.questions.instrumentations import INSTRUMENTATIONS
from otel_cert.questions.judged import JUDGED
from otel_cert.questions.languages import LANGUAGES
from otel_cert.questions.latency import LATENCY
from otel_cert.questions.missing import MISSING
from otel_cert.questions.models import MODELS
from otel_cert.questions.parameters import PARAMETERS
from otel_cert.questions.period import PERIOD
from otel_cert.questions.profile import PROFILE
from otel_cert.questions.quality import QUALITY
from otel_cert.questions.question import Answer, Param, Question, ask
from otel_cert.questions.rates import RATES
from otel_cert.questions.reached import REACHED
from otel_cert.questions.resources import RESOURCES
from otel_cert.questions.retries import RETRIES
from otel_cert.questions.roi import ROI
from otel_cert.questions.savings import KINDS as SAVINGS
from otel_cert.questions.semantic_entropy import SEMANTIC_ENTROPY
from otel_cert.questions.series import SERIES
from otel_cert.questions.signals import SIGNALS
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
    AGREED, ARRIVAL, CHANGES, COMPONENTS, COUNTERS, DRAWN, DRIFT, FINISH, GAPS, HOSTS, HOURS, JUDGED, LANGUAGES,
    MISSING, PARAMETERS, PERIOD, PROFILE, RATES, REACHED, RESOURCES, RETRIES, SIGNALS,
)  # fmt: skip
"""Every question."""

__all__ = [
    "ACTIVITY", "AGREED", "ALL", "ANSWERS", "ARRIVAL", "BUDGET", "CHANGES", "COMPONENTS", "CONTRIBUTIONS", "COSTS",
    "COUNTERS", "COVERAGE", "DRAWN", "DRIFT", "DUPLICATES", "ENTROPY", "ERRORS", "EVALUATIONS", "EXTENT", "FINISH",
    "GAPS", "HOSTS", "HOURS", "INSTRUMENTATIONS", "JUDGED", "LANGUAGES", "LATENCY", "MISSING", "MODELS", "PARAMETERS",
    "PERIOD", "PROFILE", "QUALITY", "RATES", "REACHED", "RESOURCES", "RETRIES", "ROI", "SAVINGS", "SEMANTIC_ENTROPY",
    "SERIES", "SIGNALS", "SUMMARY", "SUPPORT", "TASKS", "TOKENS", "UNCERTAIN", "UNMEASURED", "UNSUPPORTED", "USAGE",
    "Answer", "Param", "Question", "ask",
]  # fmt: skip
