"""Whether a cheaper model answers as well: evaluations of both, compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist

from otel_cert.costs.optimize.model import Evidence, Scores, Verdict
from otel_cert.costs.optimize.study import Row, TaskKey, task_key

ENOUGH = 30
"""Scores of each model below which an evaluation does not show that the quality holds."""


def compare(rows: Sequence[Row], task: TaskKey, price_id: str, target: str, margin: float) -> list[Evidence]:
    """Return what evaluations say of doing `task` with `target` instead of `price_id`.

    Rows are those of the question `quality`; the target's are from the same service, operation and agent.
    """
    current = _pooled(row for row in rows if task_key(row) == task and row["price_id"] == price_id)
    other = _pooled(row for row in rows if task_key(row)[:3] == task[:3] and row["price_id"] == target)
    return [_evidence(name, current[name], other[name], margin) for name in sorted(current.keys() & other.keys())]


def _pooled(rows: Iterable[Row]) -> dict[tuple[str, str], Scores]:
    """Return the scores by (evaluation, evaluator); groups are put together by their sums of squares."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault((row["evaluation"], row["evaluator"]), []).append(row)
    return {name: _together(parts) for name, parts in grouped.items()}


def _together(parts: Sequence[Row]) -> Scores:
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
