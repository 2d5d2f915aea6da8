"""What made an interval differ from usual ones: the parts of each model, service, user ... in the difference.

A value's part is its own difference divided by the whole one: the explanatory power of Bhagwan et al. (2014),
"Adtributor: Revenue Debugging in Advertising Systems", NSDI. Usual is the mean over the typical intervals of the baseline,
so that the parts add up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from otel_cert.questions import CONTRIBUTIONS, Answer, ask
from otel_cert.questions.scope import Scope

if TYPE_CHECKING:
    import duckdb

_STANDS_OUT = 0.1


class Contribution(BaseModel):
    """What one model, service, user ... contributes to a difference from usual."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    dimension: Literal["model", "service", "user", "provider", "operation", "agent", "environment"]
    """What it is a value of."""
    value: str | None
    """The model, service, user ...; null: unknown."""
    actual: float
    """What it had, in the metric's unit; of a cost per call, its cost divided by all calls."""
    usual: float
    """What it has on the mean of the typical hours or days of the baseline, likewise."""
    share: float
    """Its part of the difference; all values of the dimension add up to 1."""
    usual_share: float | None
    """Its part of what is usual; null when nothing is."""

    def stands_out_by(self) -> float:
        """Return by how much its part of the difference exceeds its usual part."""
        return self.share - (self.usual_share or 0)


@dataclass(frozen=True)
class Comparison:
    """An interval of a group, and the usual ones; weights are what a unit of each counts in its side."""

    key: str | None
    currency: str | None
    start_ns: int
    weight: float
    usual: Sequence[tuple[int, float]]
    """(start, weight) of each usual interval."""


def contributions(
    con: duckdb.DuckDBPyConnection, scope: Scope, comparisons: Sequence[Comparison], **asked: str | None
) -> tuple[tuple[Answer, ...], list[tuple[Contribution, ...]]]:
    """Return the answer, if anything is compared, and what contributes to each; `scope` holds all their intervals."""
    if not comparisons:
        return (), []
    entries = [
        {"id": number, "key": one.key, "currency": one.currency, "start": start, "actual": actual, "usual": usual}
        for number, one in enumerate(comparisons)
        for start, actual, usual in [(one.start_ns, one.weight, 0.0), *((start, 0.0, w) for start, w in one.usual)]
    ]
    answer = ask(con, CONTRIBUTIONS, **scope.params(), **asked, asked=json.dumps(entries))
    found: list[list[Contribution]] = [[] for _ in comparisons]
    for row in answer.dicts():
        if row["share"] is not None:
            found[row.pop("id")].append(Contribution(**row))
    return (answer,), [tuple(sorted(one, key=lambda c: -c.stands_out_by())) for one in found]


def contributor(found: Sequence[Contribution]) -> Contribution | None:
    """Return what stands out most, if anything does."""
    best = max(found, key=Contribution.stands_out_by, default=None)
    return best if best is not None and best.stands_out_by() >= _STANDS_OUT else None
