"""The weighted sum that turns what was measured into one number.

A logistic model with coefficients of one sign: nothing that supports an answer ever counts against it. Fitted by
`bench/accuracy/fit.py` on texts under open licences only, with an intercept for each of them, so that it learns what tells
answers of one kind apart, not which kind is better supported.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

VERSION = "1"


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


def support(features: Mapping[str, float]) -> float:
    """Return the weighted sum of features: above 0 is more likely supported than not."""
    known = weights()
    return known.intercept + math.fsum(value * features[name] for name, value in known.coefficients.items())


def chance(total: float) -> float:
    """Return a sum as a number between 0 and 1."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))
