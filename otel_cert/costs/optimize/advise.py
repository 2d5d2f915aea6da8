"""Where money can be saved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

import duckdb

from otel_cert.costs.optimize import batch, caching, cheaper, overlong, repeated
from otel_cert.costs.optimize.disjoint import Amounts, claim, claims, disjoint, ranked
from otel_cert.costs.optimize.model import Advice, Query, Saving, Spent, Task
from otel_cert.costs.optimize.prices import Prices
from otel_cert.costs.optimize.study import TASK_COLUMNS, Explanation, Finder, Found, Options, Row, Study
from otel_cert.questions import COSTS, TASKS, Answer, ask
from otel_cert.questions.question import evidence_id
from otel_cert.questions.scope import Scope
from otel_cert.report.text import plural

FINDERS: tuple[Callable[[Study], Finder], ...] = (
    repeated.finder,
    caching.finder,
    batch.finder,
    cheaper.finder,
    overlong.finder,
)
"""One per kind of saving; the order does not matter."""

Progress = Callable[[str, int, int], None]


def optimize(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    prices: Prices,
    options: Options | None = None,
    *,
    progress: Progress = lambda *_: None,
) -> Advice:
    """Return where the calls of `scope` could have cost less.

    Args:
        con: a connection of `otel_cert.connect()`.
        scope: which calls.
        prices: the price list to compare with, e.g. `ListedPrices(PriceLists())`.
        options: how to judge.
        progress: told (what, done, total) before each kind of saving is looked for.

    Raises:
        UsageError: a candidate of `options` is not in the price list.

    """
    asked = ask(con, TASKS, **scope.params())
    study = Study(con, scope, prices, list(asked.dicts()), options or Options())
    spend = _spend(study.tasks)
    found: list[tuple[Found, Explanation]] = []
    query_ids: dict[str, str] = {}
    queries: list[Query] = []
    notes: list[str] = []
    with claims(con):
        for done, make in enumerate(FINDERS):
            progress("Looking for savings", done, len(FINDERS) + 1)
            finder = make(study)
            query = _query(finder, scope, asked)
            queries.append(query)
            notes += finder.notes
            query_ids[finder.kind] = query.evidence_id
            found += [(saving, finder.explain(saving)) for saving in claim(con, finder, query.params)]
        progress("Looking for savings", len(FINDERS), len(FINDERS) + 1)
        order = ranked(found, spend)
        amounts = disjoint(con, [saving for saving, _ in order], spend)
    savings = [
        _saving(rank, saving, said, amount, spend, query_ids[saving.kind])
        for rank, ((saving, said), amount) in enumerate(zip(order, amounts, strict=True), 1)
    ]
    return _advice(asked, study, spend, savings, notes, queries)


def _spend(tasks: Iterable[Row]) -> dict[str, Decimal]:
    """Return the cost by currency, largest first."""
    spend: dict[str, Decimal] = {}
    for row in tasks:
        if row["cost"]:
            spend[row["currency"]] = spend.get(row["currency"], Decimal(0)) + row["cost"]
    return dict(sorted(spend.items(), key=lambda item: -item[1]))


def _query(finder: Finder, scope: Scope, asked: Answer) -> Query:
    question = finder.question
    params = question.bind({**scope.params(), **finder.params})
    return Query(
        name=question.name,
        evidence_id=evidence_id(question.name, question.sql, params, asked.store, asked.snapshot),
        sql=question.sql,
        params=params,
    )


def _saving(
    rank: int, found: Found, said: Explanation, amounts: Amounts, spend: dict[str, Decimal], query_id: str
) -> Saving:
    return Saving(
        rank=rank,
        kind=found.kind,
        variant=found.variant,
        task=Task(**dict(zip(TASK_COLUMNS, found.task, strict=True))),
        currency=found.currency,
        amount=amounts.amount,
        share=float(amounts.amount / spend[found.currency]),
        alone=found.saved,
        low=amounts.low,
        high=amounts.high,
        calls=found.calls,
        tokens=found.tokens,
        examples=found.examples,
        confidence=said.confidence,
        basis=said.basis,
        check=said.check,
        evidence=said.evidence,
        alternatives=said.alternatives,
        evidence_id=query_id,
    )


def _advice(
    asked: Answer,
    study: Study,
    spend: dict[str, Decimal],
    savings: list[Saving],
    notes: list[str],
    queries: list[Query],
) -> Advice:
    reasons: Counter[str] = Counter()
    estimated = 0
    for row in ask(study.con, COSTS, by="total", **study.scope.params()).dicts():
        reasons.update(row["unpriced_reasons"])
        estimated += row["estimated_calls"]
    if estimated:
        notes = [
            *notes,
            f"{plural(estimated, 'call')} of the priced ones have an uncertain cost (see `reason` in costs).",
        ]
    return Advice(
        since_ns=study.scope.since_ns,
        until_ns=study.scope.until_ns,
        filters=_filters(study.scope),
        store=asked.store,
        snapshot=asked.snapshot,
        calls=sum(row["calls"] for row in study.tasks),
        unpriced_calls=sum(row["calls"] - row["priced_calls"] for row in study.tasks),
        unpriced_reasons=dict(reasons),
        spend=[_of(currency, cost, study.tasks, savings) for currency, cost in spend.items()],
        savings=savings,
        notes=notes,
        queries=queries,
    )


def _of(currency: str, cost: Decimal, tasks: Iterable[Row], savings: Iterable[Saving]) -> Spent:
    calls = sum(row["priced_calls"] for row in tasks if row["currency"] == currency)
    saved = sum((s.amount for s in savings if s.currency == currency), Decimal(0))
    return Spent(currency=currency, calls=calls, cost=cost, saved=saved)


def _filters(scope: Scope) -> dict[str, list[str] | dict[str, list[str]]]:
    given = {name: scope.params()[name] for name in ("services", "models", "users", "tags")}
    return {name: json.loads(value) for name, value in given.items() if isinstance(value, str)}
