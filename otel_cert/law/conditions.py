"""Conditions on answers, in three values: true, false and unknown (Kleene's strong logic).

A condition is a mapping with one operator: `always`, `all`, `any`, `not`, `fact`, or a question `q` with `is`, `in`,
`nonempty`, `has_any` or `subset_of`. Unknown is None; it never counts as no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Truth = bool | None
Condition = Mapping[str, Any]
Answer = str | tuple[str, ...] | None
"""`yes` or `no`, an option, or the options of a question that takes several; None = unknown."""
Answers = Mapping[str, Answer]

OPERATORS = ("is", "in", "nonempty", "has_any", "subset_of")
"""What may be asked of an answer."""


def value(condition: Condition, answers: Answers, facts: Mapping[str, Truth]) -> Truth:
    """Return whether a condition holds; facts are those decided before."""
    if "all" in condition:
        return every([value(part, answers, facts) for part in condition["all"]])
    if "any" in condition:
        found = every([_not(value(part, answers, facts)) for part in condition["any"]])
        return _not(found)
    if "not" in condition:
        return _not(value(condition["not"], answers, facts))
    if "fact" in condition:
        return facts[condition["fact"]]
    if "q" in condition:
        return _asked(condition, answers.get(condition["q"]))
    return bool(condition["always"])


def every(parts: Sequence[Truth]) -> Truth:
    """Return false if any part is false, else unknown if any is unknown, else true."""
    if False in parts:
        return False
    return None if None in parts else True


def _not(found: Truth) -> Truth:
    return None if found is None else not found


def _asked(condition: Condition, answer: Answer) -> Truth:
    if answer is None:
        return None
    if "is" in condition:
        return bool(answer == condition["is"])
    if "in" in condition:
        return answer in tuple(condition["in"])
    chosen = set(answer)
    if "nonempty" in condition:
        return bool(chosen)
    if "has_any" in condition:
        return not chosen.isdisjoint(condition["has_any"])
    return bool(chosen) and chosen <= set(condition["subset_of"])


def parts(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all that it is made of."""
    yield condition
    inner = [*condition.get("all", ()), *condition.get("any", ()), *([condition["not"]] if "not" in condition else [])]
    for part in inner:
        yield from parts(part)


class Reading:
    """Conditions read with one set of answers."""

    def __init__(self, facts: Mapping[str, Condition], answers: Answers) -> None:
        """Decide the facts, in their order: a fact uses earlier ones only."""
        self.answers, self._conditions = answers, facts
        self.facts: dict[str, Truth] = {}
        for name, condition in facts.items():
            self.facts[name] = value(condition, answers, self.facts)

    def value(self, condition: Condition) -> Truth:
        """Return whether a condition holds."""
        return value(condition, self.answers, self.facts)

    def open(self, condition: Condition) -> set[str]:
        """Return the unanswered questions that can still decide a condition: none of its decided parts."""
        if self.value(condition) is not None:
            return set()
        if "q" in condition:
            return {condition["q"]}
        return set().union(*(self.open(part) for part in self._inner(condition)))

    def because(self, condition: Condition) -> set[str]:
        """Return the answered questions that a decided condition rests on."""
        found = self.value(condition)
        if found is None:
            return set()
        if "q" in condition:
            return {condition["q"]}
        inner = self._inner(condition)
        if ("all" in condition and not found) or ("any" in condition and found):  # one part decided it
            inner = [part for part in inner if self.value(part) is found]
        return set().union(*(self.because(part) for part in inner))

    def _inner(self, condition: Condition) -> list[Condition]:
        if "fact" in condition:
            return [self._conditions[condition["fact"]]]
        return [part for kind in ("all", "any") for part in condition.get(kind, ())] + (
            [condition["not"]] if "not" in condition else []
        )
