"""Whether a cheaper model answers as well: evaluations of both, compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist

from otel_cert.costs.optimize.model import Evidence, Scores, Verdict
from otel_cert.costs.optimize.study import Row, TaskKey, task_key

_Place = tuple[TaskKey, str]
_Parts = dict[tuple[str, str], list[Row]]

ENOUGH = 30
"""Scores of each model below which an evaluation does not show that the quality holds."""


class Quality:
    """Scores by task and price, from rows of the question `quality`."""

    def __init__(self, rows: Iterable[Row]) -> None:
        own: dict[_Place, _Parts] = {}
        others: dict[_Place, _Parts] = {}
        for row in rows:
            name, task = (row["evaluation"], row["evaluator"]), task_key(row)
            own.setdefault((task, row["price_id"]), {}).setdefault(name, []).append(row)
            others.setdefault((task[:3], row["price_id"]), {}).setdefault(name, []).append(row)
        self._own = {place: _pooled(parts) for place, parts in own.items()}
        self._others = {place: _pooled(parts) for place, parts in others.items()}

    def compare(self, task: TaskKey, price_id: str, target: str, margin: float) -> list[Evidence]:
        """Return what evaluations say of doing `task` with `target` instead of `price_id`.

        The target's scores are from the same service, operation and agent, by the same evaluator.
        """
        current = self._own.get((task, price_id), {})
        other = self._others.get((task[:3], target), {})
        return [_evidence(name, current[name], other[name], margin) for name in sorted(current.keys() & other.keys())]


def _pooled(parts: _Parts) -> dict[tuple[str, str], Scores]:
    return {name: _together(rows) for name, rows in parts.items()}


def _together(parts: Sequence[Row]) -> Scores:
    """Return the scores of several groups, put together by their sums of squares."""
    n = sum(part["n"] for part in parts)
    mean = sum(part["n"] * part["mean"] for part in parts) / n
    squares = sum(
        (part["n"] - 1) * (part["deviation"] or 0) ** 2 + part["n"] * (part["mean"] - mean) ** 2 for part in parts
    )
    return Scores(n=n, mean=mean, deviation=math.sqrt(squares / (n - 1)) if n > 1 else None)


def _evidence(name: tuple[str, str], current: Scores, target: Scores, margin: float) -> Evidence:
    low, high = interval(current, target)
    verdict: Verdict = "not known"
    if high is not None and high < 0:
        verdict = "worse"
    elif low is not None and min(current.n, target.n) >= ENOUGH and low >= -margin * abs(current.mean):
        verdict = "holds"
    return Evidence(
        evaluation=name[0], evaluator=name[1], current=current, target=target,
        difference=target.mean - current.mean, low=low, high=high, verdict=verdict,
    )  # fmt: skip


def interval(current: Scores, target: Scores) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the difference of two means with unequal variances (Welch 1947)."""
    if current.deviation is None or target.deviation is None:
        return None, None
    parts = [scores.deviation**2 / scores.n for scores in (current, target) if scores.deviation is not None]
    difference, error = target.mean - current.mean, math.sqrt(sum(parts))
    if not error:
        return difference, difference
    counts = (current.n, target.n)
    freedom = sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, counts, strict=True))
    reach = _student(freedom) * error
    return difference - reach, difference + reach


def _student(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t (Abramowitz and Stegun 1964, 26.7.5, to the third term)."""
    z = NormalDist().inv_cdf(0.975)
    return float(
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
