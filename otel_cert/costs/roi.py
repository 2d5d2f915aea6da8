"""What was spent against what it brought: tasks that succeeded, each worth an amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from otel_cert.costs.predicate import checked
from otel_cert.errors import UsageError
from otel_cert.questions import ROI, ask
from otel_cert.questions.roi import NO_ERROR
from otel_cert.statistics.intervals import wilson

if TYPE_CHECKING:
    import duckdb

    from otel_cert.questions import Answer
    from otel_cert.questions.scope import Scope

Number = TypeVar("Number", float, Decimal)
Task = Literal["call", "conversation", "trace"]

_DAY_NS = 86_400_000_000_000


class Estimate(BaseModel, Generic[Number]):
    """A figure and, where successes are sampled, its 95 % interval."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    value: Number | None = None
    """NULL when it cannot be known, such as a ratio to nothing spent."""
    low: Number | None = None
    """Lower bound; NULL when nothing is sampled, or there is no bound."""
    high: Number | None = None
    """Upper bound; NULL likewise."""


class Roi(BaseModel):
    """Spend, successes and value of a window."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    n: int
    """Calls in the window, before filters."""
    since_ns: int | None
    """Start of the window, ns since 1970; NULL = no bound."""
    until_ns: int | None
    """End of the window, exclusive, ns since 1970; NULL = no bound."""
    snapshot: int
    """Number of the store's snapshot."""
    evidence_id: str
    """Id of the question, its parameters and the snapshot."""
    calls: int
    """Calls that pass the filters; the spend is that of all of them."""
    unpriced_calls: int
    """Of these, without a known cost: the spend is a lower bound when there are any."""
    unpriced_reasons: dict[str, int]
    """Why, and how often."""
    task: Task
    """What a task is."""
    calls_without_task: int
    """Calls that belong to no task, such as those without a conversation."""
    success: str
    """Definition of success: SQL over the last call of a task for which it is known."""
    tasks: int
    """Tasks in the window."""
    known_tasks: int
    """Tasks that are known to have succeeded or not."""
    known_successes: int
    """Of these, succeeded."""
    successes: Estimate[float]
    """Successes among all tasks: counted when all are known, else the rate of the known tasks times all of them."""
    success_rate: Estimate[float]
    """Successes per known task, with the Wilson score interval where sampled; a fraction."""
    sampled: bool
    """Whether successes stand for more than the tasks that are known, so that figures have intervals."""
    currency: str
    """Currency of all amounts but `other_currencies`."""
    value_per_task: Decimal
    """Value of one success, in `currency`."""
    spend: Decimal | None
    """Cost of the priced calls, in `currency`; NULL when no call is priced."""
    other_currencies: dict[str, Decimal]
    """Spend in other currencies, which is not part of `spend`."""
    spend_is_lower_bound: bool
    """Whether unpriced calls or other currencies are missing in `spend`: net and ROI are then upper bounds."""
    value: Estimate[Decimal]
    """Successes times value, in `currency`."""
    net: Estimate[Decimal]
    """Value minus spend, in `currency`."""
    roi: Estimate[float]
    """Net divided by spend, a fraction: 1.5 is 150 %."""
    cost_per_success: Estimate[Decimal]
    """Spend divided by successes, in `currency`."""
    window_days: float | None
    """Length of the window; without bounds, from the first call to the last. Days of 24 h."""
    investment: Decimal | None
    """What has to be paid back, in `currency`."""
    payback_days: Estimate[float]
    """Days until the net covers the investment, at the window's net per day; NULL when it never does."""


def roi(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    value_per_task: Decimal,
    *,
    success: str | None = None,
    task: Task = "call",
    currency: str = "USD",
    investment: Decimal | None = None,
    sampled: bool = False,
) -> Roi:
    """Return what the calls in `scope` cost against what their tasks brought.

    Args:
        con: a connection of `otel_cert.connect()`.
        scope: window and filters.
        value_per_task: value of one task that succeeded, in `currency`.
        success: SQL condition over a call; NULL where it is not known. Default: no error.
        task: what a task is; of its calls, the last one for which `success` is known decides.
        currency: of the value and the investment; spend in another one is told apart, never added.
        investment: an amount whose payback time is asked for.
        sampled: give intervals also when every task is known: those of a sample of tasks to come.

    Raises:
        UsageError: the predicate is no condition over a call, or fails on a value.

    """
    import duckdb

    question = replace(ROI, success=checked(con, success)) if success is not None else ROI
    try:
        answer = ask(con, question, **scope.params(), task=task)
    except duckdb.Error as error:
        why = str(error).partition("\n\nLINE")[0]
        raise UsageError(f"the predicate {success!r} fails on a call: {why}", hint="TRY_CAST gives NULL") from error
    row = next(answer.dicts(), _NO_CALLS)
    cost: dict[str, Decimal] = row["cost"] or {}
    unpriced = sum(row["unpriced_reasons"].values())
    spend = cost.get(currency, Decimal(0) if cost else None)
    sampled = sampled or row["known_tasks"] < row["tasks"]
    rate = _rate(row["successes"], row["known_tasks"], sampled)
    successes = _successes(rate, row["successes"], row["known_tasks"], row["tasks"])
    value = _each(successes, lambda number: value_per_task * Decimal(repr(number)))
    net = _each(value, lambda amount: None if spend is None else amount - spend)
    days = _days(scope, row["first_unix_ns"], row["last_unix_ns"])
    return Roi(
        **_window(answer, scope),
        calls=row["calls"],
        unpriced_calls=unpriced,
        unpriced_reasons=row["unpriced_reasons"],
        task=task,
        calls_without_task=row["calls_without_task"],
        success=NO_ERROR if success is None else success,
        tasks=row["tasks"],
        known_tasks=row["known_tasks"],
        known_successes=row["successes"],
        successes=successes,
        success_rate=rate,
        sampled=sampled,
        currency=currency,
        value_per_task=value_per_task,
        spend=spend,
        other_currencies={code: amount for code, amount in cost.items() if code != currency},
        spend_is_lower_bound=bool(unpriced or cost.keys() - {currency}),
        value=value,
        net=net,
        roi=_each(net, lambda amount: float(amount / spend) if spend else None),
        cost_per_success=_falling(
            successes, lambda number: spend / Decimal(repr(number)) if spend and number else None
        ),
        window_days=days,
        investment=investment,
        payback_days=_falling(net, lambda amount: _payback(investment, amount, days)),
    )


_NO_CALLS: dict[str, Any] = {
    "calls": 0, "calls_without_task": 0, "tasks": 0, "known_tasks": 0, "successes": 0, "unpriced_reasons": {},
    "cost": None, "first_unix_ns": None, "last_unix_ns": None,
}  # fmt: skip


def _window(answer: Answer, scope: Scope) -> dict[str, Any]:
    return {
        "n": answer.n,
        "since_ns": scope.since_ns,
        "until_ns": scope.until_ns,
        "snapshot": answer.snapshot,
        "evidence_id": answer.evidence_id,
    }


def _rate(successes: int, known: int, sampled: bool) -> Estimate[float]:
    low, high = (wilson(successes, known) if sampled else None) or (None, None)
    return Estimate[float](value=successes / known if known else None, low=low, high=high)


def _successes(rate: Estimate[float], successes: int, known: int, tasks: int) -> Estimate[float]:
    """Return the successes among all tasks; at least those that are known, and no known failure."""
    low, high = (None if share is None else share * tasks for share in (rate.low, rate.high))
    if low is not None and high is not None and known < tasks:
        low, high = max(low, successes), min(high, successes + tasks - known)
    return Estimate[float](value=successes * tasks / known if known else None, low=low, high=high)


def _each(of: Estimate[Any], change: Callable[[Any], Any]) -> Estimate[Any]:
    """Return an estimate changed by a function that does not fall."""
    values = {name: None if value is None else change(value) for name, value in of}
    return Estimate(**values)


def _falling(of: Estimate[Any], change: Callable[[Any], Any]) -> Estimate[Any]:
    """Return an estimate changed by a function that falls: the bounds change places."""
    return _each(Estimate(value=of.value, low=of.high, high=of.low), change)


def _days(scope: Scope, first_ns: int | None, last_ns: int | None) -> float | None:
    start = first_ns if scope.since_ns is None else scope.since_ns
    end = last_ns if scope.until_ns is None else scope.until_ns
    return None if start is None or end is None else (end - start) / _DAY_NS


def _payback(investment: Decimal | None, net: Decimal, days: float | None) -> float | None:
    return float(investment / net) * days if investment is not None and days and net > 0 else None
