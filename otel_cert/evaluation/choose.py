"""Choosing a threshold on labelled scores, for one of four aims."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from otel_cert.errors import CheckFailed, UsageError
from otel_cert.statistics.bootstrap import Array
from otel_cert.statistics.detection import Measure, values

_FLOOR = re.compile(r"(precision|recall)\s*>=\s*(\d*\.?\d+)")
OBJECTIVES = "balanced-accuracy, f1, precision>=X or recall>=X"


@dataclass(frozen=True, slots=True)
class Objective:
    """What a threshold should make greatest; precision, recall and F1 are of the unsupported class."""

    name: str
    measure: Measure
    floor: tuple[Measure, float] | None = None
    """A measure that must reach a value."""

    @classmethod
    def of(cls, text: str) -> Objective:
        """Return the objective that a text names; raises UsageError."""
        simple: dict[str, Measure] = {"balanced-accuracy": "balanced_accuracy", "f1": "f1"}
        if text in simple:
            return cls(text, simple[text])
        match = _FLOOR.fullmatch(text.strip())
        if match is None or not 0 < float(match[2]) <= 1:
            raise UsageError(f"{text!r} is no objective", hint=f"use one of: {OBJECTIVES}, X above 0 and at most 1")
        least = float(match[2])
        if match[1] == "precision":
            return cls(f"precision>={least:g}", "sensitivity", ("precision", least))
        return cls(f"recall>={least:g}", "precision", ("sensitivity", least))

    def threshold(self, scores: Array, supported: Array, weights: Array) -> float:
        """Return the best threshold: an answer is flagged when its score is below it.

        Only halfway between two scores that occur is looked at, so that the answers at hand are not cut off at one of their
        own. Of equally good ones it is the lowest, which flags the fewest answers.

        Args:
            scores: (n,) confidence of each answer.
            supported: (n,) 1.0 where people found it supported.
            weights: (n,) how many answers each stands for.

        Raises:
            CheckFailed: no threshold reaches the floor.

        """
        order = np.argsort(scores, kind="stable")
        sorted_scores = scores[order]
        last = np.flatnonzero(np.r_[sorted_scores[1:] != sorted_scores[:-1], False])
        if not len(last):
            raise CheckFailed("all labelled answers have the same score: no threshold tells them apart")
        bad, good = np.cumsum(((1 - supported) * weights)[order]), np.cumsum((supported * weights)[order])
        found = values(bad[last], good[last], bad[-1] - bad[last], good[-1] - good[last])
        goal = np.where(np.isnan(found[self.measure]), -1.0, found[self.measure])
        if self.floor is not None:
            reached = found[self.floor[0]]
            goal = np.where(reached >= self.floor[1], goal, -1.0)
            if goal.max() < 0:
                raise CheckFailed(
                    f"no threshold reaches {self.name} on the answers to choose on; at most {np.nanmax(reached):.3f}",
                    hint="ask for less, use another method, or label more answers",
                )
        best = last[int(np.argmax(goal))]
        return float((sorted_scores[best] + sorted_scores[best + 1]) / 2)
