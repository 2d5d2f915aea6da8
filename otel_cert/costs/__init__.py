"""Money: what calls cost, what they will cost, and what to change; the same answers as the commands give.

Every function takes a connection of `otel_cert.connect()` and a `Scope`, and returns a model whose fields are documented;
`model_dump(mode="json")` is what the command prints with `--format json`.
"""

from __future__ import annotations

from otel_cert.costs.anomalies import Anomalies, anomalies
from otel_cert.costs.budget import Budget, BudgetStatus, budget_status
from otel_cert.costs.currency import Rates
from otel_cert.costs.optimize import Advice, optimize
from otel_cert.costs.roi import Roi, roi
from otel_cert.costs.spend import Spend, spend
from otel_cert.questions.scope import Scope

__all__ = [
    "Advice", "Anomalies", "Budget", "BudgetStatus", "Rates", "Roi", "Scope", "Spend", "anomalies", "budget_status",
    "optimize", "roi", "spend",
]  # fmt: skip
