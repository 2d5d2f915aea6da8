"""What a budget's calls cost, by key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from otel_cert.costs.budget.model import Budget, filters
from otel_cert.questions import BUDGET, ask

if TYPE_CHECKING:
    import duckdb


@dataclass
class Sum:
    """The calls of one key."""

    calls: int = 0
    unpriced: Counter[str] = field(default_factory=Counter)
    """By reason."""
    cost: dict[str, Decimal] = field(default_factory=dict)
    """By currency."""
    by_age: dict[int, Decimal] = field(default_factory=dict)
    """Cost in the budget's currency by age at the end, in whole steps."""


def sums(
    con: duckdb.DuckDBPyConnection, budgets: Mapping[str, Budget], name: str, since_ns: int, until_ns: int, step_ns: int
) -> dict[str | None, Sum]:
    """Return the sums of the calls of a budget in [since, until): by what it is per, else of `total`."""
    budget, allowed = budgets[name], filters(budgets, name)
    by, _, tag = (budget.per or "total").partition(":")
    providers = json.dumps(list(allowed.providers)) if allowed.providers else None
    params = allowed.scope.between(since_ns, until_ns).params()
    answer = ask(con, BUDGET, **params, providers=providers, by=by, tag=tag or None, step_ns=step_ns)
    found: dict[str | None, Sum] = {}
    for row in answer.dicts():
        one = found.setdefault(row["key"], Sum())
        one.calls += row["calls"]
        one.unpriced.update(row["unpriced_reasons"])
        if row["cost"] is not None:
            one.cost[row["currency"]] = row["cost"]
        if row["currency"] == budget.currency:
            one.by_age = row["cost_by_age"] or {}
    return found
