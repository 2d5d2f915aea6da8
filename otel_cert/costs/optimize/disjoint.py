"""Savings made disjoint: what each saves after those above it.

Each finder puts its calls into a table of claims. The savings are ranked by confidence, then by what they save alone;
trifles come last. Every saving takes, of a call, its part of what the savings above it left: a call whose cost
one saving halves has half of it left for the next. So the amounts of a call never exceed its cost, nor all the spend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from otel_cert.costs.optimize.model import CONFIDENCES, Kind
from otel_cert.costs.optimize.study import TASK_COLUMNS, Explanation, Finder, Found

_TASK = ", ".join(TASK_COLUMNS)
MINOR = 0.001
"""Savings of less than this part of the spend come last, however sure."""


@dataclass(frozen=True)
class Amounts:
    """What a saving saves after those above it."""

    amount: Decimal
    low: Decimal
    high: Decimal


@contextmanager
def claims(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Give the connection the temporary tables of claims while the block runs."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE saving_claims"
        " (saving UBIGINT, call UBIGINT, cost DOUBLE, saved DECIMAL(38, 18), low DECIMAL(38, 18), high DECIMAL(38, 18))"
    )
    try:
        yield
    finally:
        for table in ("saving_claims", "saving_found", "saving_ranks"):
            con.execute(f"DROP TABLE IF EXISTS {table}")


def claim(con: duckdb.DuckDBPyConnection, finder: Finder, params: Mapping[str, object]) -> list[Found]:
    """Ask a finder for its calls, put them into the claims, and return its savings, summed."""
    identity = f"hash('{finder.kind}', {_TASK}, price_id, variant, currency)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE saving_found AS SELECT {identity} AS saving, * FROM ({finder.question.sql})",
        dict(params),
    )
    con.execute(
        "INSERT INTO saving_claims SELECT saving, hash(trace_id, span_id), cost, saved, low, high FROM saving_found"
    )
    rows = con.execute(
        f"SELECT saving, {_TASK}, price_id, variant, currency, count(*) FILTER (saved > 0), CAST(sum(tokens) AS BIGINT),"
        " CAST(sum(cost) AS DECIMAL(38, 18)), CAST(sum(saved) AS DECIMAL(38, 18)),"
        " CAST(sum(low) AS DECIMAL(38, 18)), CAST(sum(high) AS DECIMAL(38, 18)),"
        " max_by((trace_id, span_id), (saved, trace_id, span_id), 3)"
        f" FROM saving_found GROUP BY ALL HAVING sum(saved) > 0 ORDER BY ALL"
    ).fetchall()
    return [_found(finder.kind, row) for row in rows]


def _found(kind: Kind, row: tuple[object, ...]) -> Found:
    key, *task = row[:6]
    price_id, variant, currency, calls, tokens, cost, saved, low, high, examples = row[6:]
    return Found(
        key, kind, tuple(task), price_id, variant, currency, calls, tokens, cost, saved, low, high,  # type: ignore[arg-type]
        [(str(trace), str(span)) for trace, span in examples],  # type: ignore[attr-defined]
    )  # fmt: skip


def ranked(found: Iterable[tuple[Found, Explanation]], spend: Mapping[str, Decimal]) -> list[tuple[Found, Explanation]]:
    """Return the savings by confidence, then by what they save alone as part of their currency's spend."""

    def order(saving: tuple[Found, Explanation]) -> tuple[object, ...]:
        what, said = saving
        share = what.saved / spend[what.currency]
        return share < MINOR, CONFIDENCES.index(said.confidence), -share, what.kind, str(what.task), str(what.variant)

    return sorted(found, key=order)


def disjoint(con: duckdb.DuckDBPyConnection, order: Sequence[Found], spend: Mapping[str, Decimal]) -> list[Amounts]:
    """Return what each of the savings in `order` saves after those before it."""
    con.execute("CREATE OR REPLACE TEMP TABLE saving_ranks (saving UBIGINT, place INTEGER)")
    if not order:
        return []
    con.execute(
        "INSERT INTO saving_ranks SELECT unnest($keys::UBIGINT[]), unnest($places::INTEGER[])",
        {"keys": [s.key for s in order], "places": list(range(len(order)))},
    )
    amounts = ", ".join(
        f"CAST(sum(CASE WHEN remains = 1 THEN {name} ELSE ({name}::DOUBLE * remains)::DECIMAL(38, 12)::DECIMAL(38, 18) END)"
        " AS DECIMAL(38, 18))"
        for name in ("saved", "low", "high")
    )
    rows = con.execute(
        f"SELECT place, {amounts} FROM ("
        " SELECT *, coalesce(product(greatest(0, 1 - saved::DOUBLE / cost)) OVER ("
        "  PARTITION BY call ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 1) AS remains"
        " FROM saving_claims JOIN saving_ranks USING (saving)"
        ") GROUP BY place"
    ).fetchall()
    by_place = {place: Amounts(*values) for place, *values in rows}
    return _bounded([by_place[place] for place in range(len(order))], [s.currency for s in order], spend)


def _bounded(amounts: Sequence[Amounts], currencies: Sequence[str], spend: Mapping[str, Decimal]) -> list[Amounts]:
    """Cut what rounding adds to the last digits, so that sums hold exactly."""
    left = dict(spend)
    bounded = []
    for given, currency in zip(amounts, currencies, strict=True):
        amount = min(given.amount, left[currency])
        left[currency] -= amount
        bounded.append(Amounts(amount, min(given.low, amount), max(given.high, amount)))
    return bounded
