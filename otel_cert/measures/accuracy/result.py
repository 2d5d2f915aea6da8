"""What measuring an answer against its context gives.

Offsets count characters (Unicode code points) from the start of a text; ends are exclusive.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Base of results: frozen, documented by attribute docstrings."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Evidence(Model):
    """Where the context says it."""

    chunk: int
    """Position in the list of contexts, from 0."""
    start: int
    """First character in that context."""
    end: int
    """Behind the last character."""
    text: str
    """The characters."""


class Reason(Model):
    """Why words of an answer are not supported."""

    kind: str
    """`number`, `date`, `entity`, `antonym`, `negation`, `pronoun` by rules; `contradiction`, `unsupported` by a model or
    judge.

    Hints, which explain a score: `unlike` = the context has nothing like these words, `claim` = nothing like the sentence,
    `beyond` = here begins what the sentence says beyond its evidence.
    """
    start: int
    """First character in the answer."""
    end: int
    """Behind the last character."""
    message: str
    """What differs, e.g. `number: 450e9 USD, context has 89.5e9 USD`."""
    evidence: Evidence | None = None
    """What the context has in its place, where it has anything."""


class Claim(Model):
    """A sentence of the answer, or a part of one that can be true by itself."""

    start: int
    """First character in the answer."""
    end: int
    """Behind the last character."""
    text: str
    """The characters."""
    supported: bool
    """Whether its score reaches the threshold."""
    score: float
    """Support by the context, 0 to 1."""
    evidence: Evidence | None
    """The part of the context that supports it most; None = the context is empty of words."""
    reasons: tuple[Reason, ...] = ()
    """What it says that the context does not."""


class Scored(Model):
    """What a method finds, before a threshold judges it."""

    confidence: float
    """Support of the whole answer by the context, 0 to 1; a proxy, not a probability of being right."""
    semantic_score: float | None
    """Its part that compares meanings, 0 to 1; None when the method has no such part."""
    grounding_score: float | None
    """Its part that looks for the answer's words in the context, 0 to 1; None when the method has no such part."""
    claims: tuple[Claim, ...]
    """Sentences in their order; `supported` is not yet judged."""
    language: str
    """The language whose rules were used, ISO 639-1; `und` = none: only what every language has."""
    details: dict[str, Any] = {}
    """More that the method says, e.g. tokens and cost of a judge."""


class Measured(Scored):
    """Support of an answer by its context."""

    matched: bool
    """Whether `confidence` reaches `threshold`."""
    threshold: float
    """The lowest confidence that matches."""
    threshold_source: str
    """Where the threshold comes from: `given`, `preset NAME (...)`, `default (...)`, `calibrated (...)`."""
    method: str
    """The method's name."""
    versions: dict[str, str]
    """Versions of all that the result depends on: otel-cert, method, model, runtime."""
