"""What the advice on savings says; amounts are exact decimals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from otel_cert.costs.answer import Model, Money

Kind = Literal["repeated", "caching", "batch", "models", "overlong"]
Confidence = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")
Verdict = Literal["worse", "not known", "holds"]
VERDICTS: tuple[Verdict, ...] = ("worse", "not known", "holds")
"""From the least favourable."""


class Task(Model):
    """Calls that are comparable: what one service, operation, agent and model do; null = unknown."""

    service: str | None
    operation: str | None
    agent: str | None
    """Agent, else workflow."""
    provider: str | None
    model: str | None
    """Model asked for, else the one that answered."""


class Scores(Model):
    """Scores of one model in one evaluation."""

    n: int
    """Calls with a score."""
    mean: float
    deviation: float | None
    """Standard deviation; null for a single score."""


class Evidence(Model):
    """What evaluations say of changing the model: scores of both, by the same evaluator, for the same kind of task."""

    evaluation: str
    evaluator: str
    current: Scores
    target: Scores
    difference: float
    """Mean of the target minus mean of the current model."""
    low: float | None
    """Lower bound of its 95 % interval (Welch); null when either model has fewer than two scores."""
    high: float | None
    """Upper bound of its 95 % interval."""
    verdict: Verdict
    """holds: not lower by more than the margin, with 95 % confidence and 30 scores of each; worse: lower, with 95 %."""


class Alternative(Model):
    """Another model that would be cheaper for the task."""

    target: str
    """Seller and model."""
    amount: Money
    """What it would save if it were chosen instead, alone, in the saving's currency."""
    verdict: Verdict
    """As in the evidence; the least favourable of several evaluations."""


class Query(Model):
    """The question behind a figure."""

    name: str
    evidence_id: str
    sql: str
    params: dict[str, int | str | None]
    """Values of the query's `$name` parameters."""


class Saving(Model):
    """One way to spend less."""

    rank: int
    """Place in the list, from 1."""
    kind: Kind
    variant: str | None
    """Which saving of this kind; of `models`, the model to change to."""
    task: Task
    currency: str
    """ISO 4217 code of the amounts."""
    amount: Money
    """What it saves of the window's cost after every saving above it in the list."""
    share: float
    """`amount` as part of the window's priced cost in this currency."""
    alone: Money
    """What it would save without those above it."""
    low: Money
    """What it saves at least, after those above it."""
    high: Money
    """What it saves at most, after those above it."""
    calls: int
    """Calls behind it."""
    tokens: int | None
    """Tokens of these calls that the saving is about."""
    examples: list[tuple[str, str]]
    """(trace id, span id) of up to three calls, those that save the most."""
    confidence: Confidence
    """high: nothing about the answers changes; medium: something has to be checked; low: a guess until it is measured."""
    basis: str
    """How the amount and its bounds were computed."""
    check: list[str]
    """What to check before doing it."""
    evidence: list[Evidence] = Field(default_factory=list)
    """Evaluations of both models, where the model would change."""
    alternatives: list[Alternative] = Field(default_factory=list)
    """Other models for the same task."""
    evidence_id: str
    """Id of the query that finds the calls, in `queries`."""


class Spent(Model):
    """Cost of the priced calls in one currency."""

    currency: str
    calls: int
    cost: Money
    saved: Money
    """Sum of the amounts of the savings."""


class Advice(Model):
    """Where money can be saved, the surest first; the amounts are disjoint: together they never exceed the cost."""

    since_ns: int | None
    """Start of the window, ns since 1970, inclusive; null = no bound."""
    until_ns: int | None
    """End of the window, ns since 1970, exclusive; null = no bound."""
    filters: dict[str, list[str] | dict[str, list[str]]]
    """Filters on the calls; empty = none."""
    store: str
    """Id of the data directory."""
    snapshot: int
    """Number of the snapshot that was asked."""
    calls: int
    """Calls of the window that pass the filters."""
    unpriced_calls: int
    """Of these, calls without a known cost: nothing is said about them."""
    unpriced_reasons: dict[str, int]
    """Why, and how often."""
    spend: list[Spent]
    """Cost by currency."""
    savings: list[Saving]
    notes: list[str]
    """What could not be examined, and why."""
    queries: list[Query]
    """The questions behind the savings; each has one row per call."""
