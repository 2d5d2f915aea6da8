"""Hours and days on which more, or less, was spent than those before let expect."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from otel_cert.costs.answer import Model, iso, known_iso
from otel_cert.costs.explain import Comparison, Contribution, contributions, contributor
from otel_cert.costs.judging import Interval, Metric, Outcome, Reason, Series
from otel_cert.errors import UsageError
from otel_cert.questions import COSTS, SERIES, Answer, ask
from otel_cert.questions.scope import Scope
from otel_cert.questions.series import METRICS, SERIES_GROUPS

if TYPE_CHECKING:
    import duckdb

Direction = Literal["both", "spike", "drop"]

EXPLAINED = 200
"""Contributions are computed for at most so many anomalies, those with the greatest scores."""

_WIDTH_NS = {"hour": 3_600_000_000_000, "day": 86_400_000_000_000}
_CRITICAL = 2
"""An anomaly is critical from so many times the threshold."""


class Anomaly(Model):
    """One hour or day of one group that is out of the range that was to be expected."""

    start: str
    """Start of the hour or day, ISO 8601, UTC."""
    key: str | None
    """The group; `total` when all calls are one, null: unknown."""
    currency: str | None
    """ISO 4217 code of the amounts; null for calls and tokens."""
    direction: Literal["spike", "drop"]
    """Above or below the range."""
    severity: Literal["warning", "critical"]
    """critical from twice the threshold."""
    actual: Decimal | float
    """What it was, in the metric's unit; unpriced calls are not part of a cost."""
    expected: float
    """What was to be expected: the median that `method` names."""
    low: float
    """Least value that would not be unusual."""
    high: float
    """Greatest value that would not be unusual."""
    factor: float | None
    """Actual divided by expected; null when nothing was expected."""
    score: float
    """By how many noises the square root of the actual exceeds that of the expected."""
    method: Literal["median", "weekday", "hour_of_day", "hour_of_week", "sporadic"]
    """What it is compared with in its baseline: all hours or days, those of its phase, or the greatest value."""
    baseline: int
    """Known hours or days of the baseline, which ends before this one."""
    run: int
    """Which one it is of unusual hours or days in a row, of the window and in the same direction."""
    complete: bool
    """false: it is not over, and already above the range of a whole one."""
    calls: int
    """Calls that started in it."""
    unpriced_calls: int
    """Of these, without a known cost: an actual cost is a lower bound when there are any."""
    contributor: Contribution | None
    """What stands out: its part of the difference exceeds its usual part the most, and by 0.1 at least."""
    contributions: tuple[Contribution, ...]
    """Per model, service, user ... up to three with the greatest parts of the difference; what stands out first."""


class NotJudged(Model):
    """Hours or days in a row of a group that could not be judged, and why."""

    key: str | None
    """The group."""
    currency: str | None
    """ISO 4217 code of its amounts."""
    reason: Reason
    """too_little_history: fewer than 7 known days since the group's first call. incomplete: not over, or the stored calls
    begin or end in it. unknown: none of its calls has a known cost (or tokens). no_calls: no cost per call without calls."""
    intervals: int
    """How many hours or days."""
    first: str
    """Start of the first, ISO 8601, UTC."""
    last: str
    """Start of the last."""


class Anomalies(Model):
    """The anomalies of a window, and what they rest on."""

    metric: Metric
    """cost (in a currency), calls, tokens (input and output) or cost_per_call (of the priced calls)."""
    interval: Interval
    """hour or day, UTC."""
    by: str
    """What the groups are groups of; `tag:KEY` for a tag."""
    direction: Direction
    """Which anomalies were asked for."""
    window_days: int
    """Days before each hour or day that make its baseline."""
    threshold: float
    """Score beyond which an hour or day is unusual."""
    min_change: float
    """Smallest difference from the expected that was asked for, in the metric's unit."""
    since: str | None
    """Start of the first judged hour or day, ISO 8601, UTC; null = the first stored call."""
    until: str
    """End of the window, exclusive."""
    filters: dict[str, list[str]]
    """`service`, `model`, `user`, `tag:KEY` -> the values of which a call has one; a call passes all filters."""
    snapshot: int
    """Number of the snapshot that was asked."""
    evidence: dict[str, str]
    """Question -> evidence id: a hash of its SQL, parameters, store and snapshot."""
    n: int
    """Calls of the window, before filters."""
    calls: int
    """Calls of the window that pass the filters."""
    unpriced_calls: int
    """Of these, calls without a known cost; they are part of no amount."""
    unpriced_reasons: dict[str, int]
    """Why, and how often."""
    first_call: str | None
    """First stored call, whatever the filters; nothing is known of the time before. null: no call passes the filters."""
    last_call: str | None
    """Last stored call; whether any was made after it is not known."""
    groups: int
    """Groups with calls; a group with prices in two currencies counts twice."""
    groups_left_out: int
    """Of these, not looked at because others have greater hours or days."""
    judged: int
    """Hours or days that were judged, of all groups."""
    anomalies: tuple[Anomaly, ...]
    """Those asked for; the greatest score, up or down, first."""
    not_judged: tuple[NotJudged, ...]
    """Hours or days that could not be judged."""


def anomalies(
    con: duckdb.DuckDBPyConnection,
    scope: Scope | None = None,
    *,
    by: str = "total",
    metric: Metric = "cost",
    interval: Interval = "day",
    direction: Direction = "both",
    window_days: int = 28,
    threshold: float = 3.5,
    min_change: float = 0,
    top: int = 100,
    now_ns: int | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Anomalies:
    """Return the hours or days of a window that differ from what those before let expect.

    Each is compared with the days before it, never with itself: `baseline.py` says how.

    Args:
        con: of `otel_cert.connect()`.
        scope: the window, of which the first hour or day is judged whole, and filters.
        by: one of `SERIES_GROUPS`, for tags `tag:KEY`.
        metric: what is compared.
        interval: how long the compared intervals are; UTC.
        direction: which anomalies to return.
        window_days: length of the baseline, at least 7.
        threshold: score beyond which an interval is unusual.
        min_change: leave out what differs less from the expected, in the metric's unit.
        top: how many groups to look at, those with the greatest intervals.
        now_ns: end of a window without one, ns since 1970; default now.
        progress: told (what, done, total) on the way.

    Raises:
        UsageError: a value makes no sense.

    """
    _check(metric, interval, window_days, threshold, top)
    group, tag = _group(by)
    asked = {"by": group, "tag": tag, "interval": interval, "metric": metric}
    scope = _bounded(scope or Scope(), _WIDTH_NS[interval], now_ns)
    window = window_days * _WIDTH_NS["day"]
    from_ns = None if scope.since_ns is None else max(scope.since_ns - window, 0)
    answer = ask(con, SERIES, **scope.between(None, scope.until_ns).params(), **asked, from_ns=from_ns, top=top)
    groups = [list(rows) for _, rows in groupby(answer.dicts(), key=lambda row: (row["key"], row["currency"]))]
    judged = []
    for number, rows in enumerate(groups, 1):
        series = Series.of(rows, metric, interval, window // _WIDTH_NS[interval], threshold)
        judged.append(_Judged(series, series.outcomes(min_change), scope.since_ns or 0))
        progress("judging", number, len(groups))
    found = sorted((one for each in judged for one in each.unusual(direction)), key=lambda one: -abs(one.score))
    comparisons = [one.comparison() for one in found[:EXPLAINED]]
    explained, causes = contributions(con, scope.between(from_ns, scope.until_ns), comparisons, **asked)
    causes += [()] * (len(found) - len(causes))
    return Anomalies(
        metric=metric,
        interval=interval,
        by=by,
        direction=direction,
        window_days=window_days,
        threshold=threshold,
        min_change=min_change,
        anomalies=tuple(one.anomaly(threshold, cause) for one, cause in zip(found, causes, strict=True)),
        not_judged=tuple(reason for each in judged for reason in each.not_judged()),
        judged=sum(each.judged() for each in judged),
        **_basis(scope, answer, ask(con, COSTS, **scope.params(), by="total"), *explained),
    )


def _check(metric: str, interval: str, window_days: int, threshold: float, top: int) -> None:
    if metric not in METRICS or interval not in _WIDTH_NS:
        raise UsageError(f"{metric} by {interval} cannot be judged", hint=f"valid: {', '.join(METRICS)}; hour, day")
    if window_days < 7 or threshold <= 0 or top < 1:
        raise UsageError("a baseline has at least 7 days, and threshold and number of groups are positive")


def _group(by: str) -> tuple[str, str | None]:
    """Return the question's `by` and `tag`."""
    group, colon, tag = by.partition(":")
    if group == "tag" and not tag:
        raise UsageError("which tag?", hint="write e.g. tag:team")
    if group not in SERIES_GROUPS or (colon and group != "tag"):
        raise UsageError(f"cannot group by {by!r}", hint=f"valid: {', '.join(SERIES_GROUPS[:-1])}, tag:KEY")
    return group, tag or None


def _bounded(scope: Scope, width: int, now_ns: int | None) -> Scope:
    """Return the scope from the start of its first interval to its end, or to now."""
    since, until = scope.since_ns, scope.until_ns
    now = time.time_ns() if now_ns is None else now_ns
    return scope.between(None if since is None else since // width * width, now if until is None else until)


@dataclass(frozen=True)
class _Unusual:
    """One unusual interval of a series."""

    series: Series
    index: int
    direction: Literal["spike", "drop"]
    run: int

    @property
    def score(self) -> float:
        return float(self.series.expectation.score[self.index])

    def anomaly(self, threshold: float, causes: Sequence[Contribution]) -> Anomaly:
        expectation, row = self.series.expectation, self.series.rows[self.index]
        expected = float(expectation.expected[self.index])
        return Anomaly(
            start=iso(row["start_unix_ns"]),
            key=row["key"],
            currency=row["currency"],
            direction=self.direction,
            severity="critical" if abs(self.score) >= _CRITICAL * threshold else "warning",
            actual=self.series.amounts[self.index],
            expected=expected,
            low=float(expectation.low[self.index]),
            high=float(expectation.high[self.index]),
            factor=float(self.series.values[self.index]) / expected if expected else None,
            score=self.score,
            method=expectation.method[self.index],
            baseline=int(expectation.values[self.index]),
            run=self.run,
            complete=row["whole"],
            calls=row["calls"],
            unpriced_calls=row["calls"] - row["priced_calls"],
            contributor=contributor(causes),
            contributions=tuple(causes),
        )

    def comparison(self) -> Comparison:
        """Return what the interval is explained with: a sum with the mean, a mean with the mean of all calls."""
        rows, usual = self.series.rows, self.series.typical(self.index)
        row = rows[self.index]
        mean = self.series.metric == "cost_per_call"
        count = sum(rows[i]["priced_calls"] for i in usual) if mean else len(usual)
        weighted = [(rows[i]["start_unix_ns"], 1 / count) for i in usual]
        return Comparison(
            row["key"], row["currency"], row["start_unix_ns"], 1 / row["priced_calls"] if mean else 1, weighted
        )


@dataclass(frozen=True)
class _Judged:
    """A series with its outcomes, of which those from `since_ns` on are in the window."""

    series: Series
    outcomes: Sequence[Outcome]
    since_ns: int

    def _window(self) -> Iterator[tuple[int, Outcome]]:
        rows = self.series.rows
        return ((i, outcome) for i, outcome in enumerate(self.outcomes) if rows[i]["start_unix_ns"] >= self.since_ns)

    def judged(self) -> int:
        return sum(outcome in ("usual", "spike", "drop") for _, outcome in self._window())

    def unusual(self, direction: Direction) -> Iterator[_Unusual]:
        for outcome, run in groupby(self._window(), key=lambda item: item[1]):
            if (outcome == "spike" or outcome == "drop") and direction in ("both", outcome):
                for number, (i, _) in enumerate(run, 1):
                    yield _Unusual(self.series, i, outcome, number)

    def not_judged(self) -> Iterator[NotJudged]:
        for outcome, run in groupby(self._window(), key=lambda item: item[1]):
            match outcome:
                case "usual" | "spike" | "drop":
                    continue
                case reason:
                    starts = [self.series.rows[i]["start_unix_ns"] for i, _ in run]
                    yield NotJudged(
                        key=self.series.key,
                        currency=self.series.currency,
                        reason=reason,
                        intervals=len(starts),
                        first=iso(starts[0]),
                        last=iso(starts[-1]),
                    )


def _basis(scope: Scope, series: Answer, costs: Answer, *others: Answer) -> dict[str, Any]:
    """Return what the anomalies rest on."""
    rows = list(costs.dicts())
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons.update(row["unpriced_reasons"])
    none: dict[str, Any] = {"stored_from_ns": None, "stored_to_ns": None, "groups": 0}
    stored = next(series.dicts(), none)
    looked_at = len({(row["key"], row["currency"]) for row in series.dicts()})
    return {
        "since": known_iso(scope.since_ns),
        "until": known_iso(scope.until_ns),
        "filters": scope.filters(),
        "snapshot": series.snapshot,
        "evidence": {answer.question.name: answer.evidence_id for answer in (series, *others, costs)},
        "n": costs.n,
        "calls": sum(row["calls"] for row in rows),
        "unpriced_calls": sum(row["unpriced_calls"] for row in rows),
        "unpriced_reasons": dict(reasons.most_common()),
        "first_call": known_iso(stored["stored_from_ns"]),
        "last_call": known_iso(stored["stored_to_ns"]),
        "groups": stored["groups"],
        "groups_left_out": stored["groups"] - looked_at,
    }
