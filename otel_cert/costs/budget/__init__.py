"""Budgets: what may be spent in a window of time, how much of it is, when it will be crossed, and what was told of that."""

from __future__ import annotations

from otel_cert.costs.budget.model import Budget
from otel_cert.costs.budget.status import BudgetStatus, Spending, budget_status

__all__ = ["Budget", "BudgetStatus", "Spending", "budget_status"]
