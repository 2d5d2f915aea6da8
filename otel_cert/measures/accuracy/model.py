"""The weighted sum that turns what was measured into one number.

A logistic model with coefficients of one sign: no likeness to the context ever counts against an answer. Fitted by
`bench/accuracy/fit.py` on texts under open licences only, with an intercept for each of them, so that it learns what tells
answers of one kind apart, not which kind is better supported.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from otel_cert.measures.accuracy.rules import SIGNS

VERSION = "1"
_NOTHING_FOUND = dict.fromkeys(SIGNS, 0.0)
_UNLIKE = 0.5
"""The sum below which the words that rules found are not all: chosen so that one exchanged word stays one word."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What `weights.yaml` says."""

    intercept: float
    coefficients: Mapping[str, float]
    """Name of a feature -> what it adds to the sum per unit."""
    threshold: float
    """The confidence from which an answer counts as supported."""
    chosen_on: str
    """The data that the threshold was chosen on."""
    sha256: str
    """Digest of the file."""


@cache
def weights() -> Weights:
    """Return the weights of this version."""
    data = (resources.files(__package__) / "weights.yaml").read_bytes()
    given = yaml.safe_load(data)
    return Weights(
        given["intercept"],
        given["coefficients"],
        given["threshold"]["value"],
        given["threshold"]["chosen_on"],
        hashlib.sha256(data).hexdigest(),
    )


def total(whole: Mapping[str, float], parts: Sequence[Mapping[str, float]], coefficients: Mapping[str, float]) -> float:
    """Return the sum of an answer without the intercept: halfway between the whole and its worst sentence."""
    worst = min(part_total(part, coefficients) for part in parts)
    return (part_total(whole, coefficients) + worst) / 2


def confidence(whole: Mapping[str, float], parts: Sequence[Mapping[str, float]]) -> float:
    """Return the confidence of an answer, 0 to 1."""
    known = weights()
    return chance(known.intercept + total(whole, parts, known.coefficients))


def claim_score(features: Mapping[str, float]) -> float:
    """Return the support of a sentence, 0 to 1."""
    known = weights()
    return chance(known.intercept + part_total(features, known.coefficients))


def unlike(features: Mapping[str, float], coefficients: Mapping[str, float], intercept: float) -> bool:
    """Return whether a sentence is like nothing in the context, whatever the rules found in it."""
    return intercept + part_total({**features, **_NOTHING_FOUND}, coefficients) < _UNLIKE


def part_total(features: Mapping[str, float], coefficients: Mapping[str, float]) -> float:
    """Return the sum of features without the intercept."""
    return math.fsum(value * features[name] for name, value in coefficients.items())


def chance(total_: float) -> float:
    """Return a sum as a number between 0 and 1."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total_))))
