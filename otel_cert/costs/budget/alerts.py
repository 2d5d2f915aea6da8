"""State changes of budgets: which levels are reached, what was told of that, and what waits to be delivered.

All is in one file that is replaced at once (`journal`). An event is in it, with its id, before it is sent: after a crash it
is sent again, with the same id.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from otel_cert.costs.budget.model import Budget
from otel_cert.costs.budget.status import BudgetStatus, Spending, threshold
from otel_cert.costs.budget.window import CALENDAR
from otel_cert.report.text import money

_KEPT = 1000
"""Events that are kept when they need no more sending."""
_CALM = Decimal("0.95")
"""A level of a rolling window is left only this far below, so that spend around it is not told again and again."""


Over = Literal["below_level", "window_ended", "budget_changed"]
"""Why a level is not reached any more."""


class Event(BaseModel):
    """What a webhook is told: one state change of one level."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """The same whenever this event is sent: what arrives twice can be left out. Also sent as header `Idempotency-Key`."""
    event: Literal["raised", "resolved", "test"]
    """`raised`: the spend reached the level; `resolved`: it no longer does; `test`: asked for by hand."""
    reason: Literal["level_reached", "below_level", "window_ended", "budget_changed", "asked"]
    """Why."""
    at: datetime
    """When it was noticed."""
    text: str
    """The same as a sentence."""
    budget: str
    """Name of the budget."""
    per: str | None
    """What there is one of these budgets for each of; NULL for a single one."""
    key: str | None
    """Which of them this is."""
    level: float
    """Percentage of the amount."""
    currency: str
    """Of the amounts."""
    amount: Decimal
    """What may be spent; text, exact."""
    spent: Decimal | None
    """What was, when it was noticed; text, exact. NULL when there is nothing to say, such as after the window."""
    window: str
    """Calendar unit, or duration of a rolling window."""
    since: datetime
    """Start of the window."""
    until: datetime
    """End of the window, exclusive."""
    unpriced_calls: int
    """Calls of the window without a known cost, which are not in `spent`."""


class Entry(BaseModel):
    """An event and what became of it."""

    event: Event
    state: Literal["waiting", "delivered", "given_up", "kept"]
    """`kept`: no webhook was configured."""
    attempts: int = 0
    """How often it was sent."""
    problem: str | None = None
    """Why the last attempt failed; never the URL, a header or a body."""


class Raised(BaseModel):
    """A level that is reached."""

    budget: str
    key: str | None
    level: float
    told: Event
    """What was told of it."""


class Book(BaseModel):
    """Everything that one exporter of budgets knows."""

    raised: list[Raised] = []
    entries: list[Entry] = []

    def update(self, status: BudgetStatus, budgets: Mapping[str, Budget], *, deliver: bool) -> list[Event]:
        """Note what changed since the last time, and return it; `deliver` says whether it is to be sent."""
        now = {(one.budget, one.key): one for one in status.budgets}
        kept, events = [], []
        for raised in self.raised:
            there = now.get((raised.budget, raised.key))
            spent = Decimal(0) if there is None else there.spent
            if reason := _over(raised, spent, status.at, budgets.get(raised.budget)):
                events.append(_resolved(raised, spent if reason == "below_level" else None, status.at, reason))
            else:
                kept.append(raised)
        known = {(raised.budget, raised.key, raised.level) for raised in kept}
        for spending, level in _reached(status, budgets):
            if (spending.budget, spending.key, level) not in known:
                told = event(spending, level, status.at, "raised", "level_reached")
                kept.append(Raised(budget=spending.budget, key=spending.key, level=level, told=told))
                events.append(told)
        self.raised = kept
        self.entries += [Entry(event=one, state="waiting" if deliver else "kept") for one in events]
        self._forget()
        return events

    def waiting(self) -> list[Entry]:
        """Return what is to be delivered, oldest first."""
        return [entry for entry in self.entries if entry.state == "waiting"]

    def _forget(self) -> None:
        """Leave out the oldest of those that need no more sending."""
        surplus = sum(entry.state != "waiting" for entry in self.entries) - _KEPT
        kept = []
        for entry in self.entries:
            if entry.state != "waiting" and surplus > 0:
                surplus -= 1
            else:
                kept.append(entry)
        self.entries = kept


def event(
    spending: Spending,
    level: float,
    at: datetime,
    kind: Literal["raised", "test"],
    reason: Literal["level_reached", "asked"],
) -> Event:
    """Return an event about what is spent now."""
    return Event(
        id=uuid.uuid4().hex,
        event=kind,
        reason=reason,
        at=at,
        text=_sentence(spending, level, kind),
        level=level,
        **spending.model_dump(include=_OF_SPENDING),
    )


_OF_SPENDING = {
    "budget", "per", "key", "currency", "amount", "spent", "window", "since", "until", "unpriced_calls",
}  # fmt: skip


def _sentence(spending: Spending, level: float, kind: str) -> str:
    who = spending.budget if spending.key is None else f"{spending.budget} of {spending.key}"
    amounts = f"{money(spending.spent)} of {money(spending.amount)} {spending.currency}"
    prefix = "Test. " if kind == "test" else ""
    return f"{prefix}Budget {who}: {level:g} % reached, {amounts} spent since {spending.since:%Y-%m-%d %H:%M} UTC"


def _reached(status: BudgetStatus, budgets: Mapping[str, Budget]) -> Iterator[tuple[Spending, float]]:
    for one in status.budgets:
        for level in budgets[one.budget].levels:
            if one.reached(level):
                yield one, level


def _over(raised: Raised, spent: Decimal | None, at: datetime, budget: Budget | None) -> Over | None:
    """Return why a level is not reached any more, or None while it is; a spend that is not known changes nothing."""
    told = raised.told
    if budget is None or raised.level not in budget.levels or (budget.window, budget.per) != (told.window, told.per):
        return "budget_changed"
    rolling = budget.window not in CALENDAR
    if not rolling and told.until <= at:
        return "window_ended"
    left_at = threshold(budget.amount, raised.level) * (_CALM if rolling else 1)
    return "below_level" if spent is not None and spent < left_at else None


def _resolved(raised: Raised, spent: Decimal | None, at: datetime, reason: Over) -> Event:
    text = f"Resolved ({reason.replace('_', ' ')}). {raised.told.text}"
    changed = {"id": uuid.uuid4().hex, "event": "resolved", "reason": reason, "at": at, "spent": spent, "text": text}
    return raised.told.model_copy(update=changed)
