"""What a rule finds."""

from __future__ import annotations

from dataclasses import dataclass

ADDED = "added"
"""The feature of a name that the context does not have, and has no other in its place."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of an answer that say something else than its context."""

    kind: str
    """`number`, `date`, `entity`, `antonym`, `negation` or `pronoun`."""
    start: int
    """First character in the answer."""
    end: int
    """Behind the last character."""
    message: str
    """What differs, e.g. `number: 450e9 USD, context has 89.5e9 USD`."""
    chunk: int | None = None
    """The chunk of the context that has something in its place, counted from 0; None = none has."""
    context_start: int | None = None
    """First character of that in the chunk."""
    context_end: int | None = None
    """Behind its last character."""

    @property
    def feature(self) -> str:
        """Return the feature that it counts for: its kind, or `ADDED`.

        What a context does not have is weighed apart from what it contradicts (extrinsic and intrinsic hallucinations:
        Maynez et al. 2020, arXiv:2005.00661): people count it as an error less often.
        """
        return ADDED if self.kind == "entity" and self.chunk is None else self.kind
