"""A method with a threshold, and perhaps a model over its part scores, that was chosen on labelled answers.

`otel-cert calibrate` writes a `Calibration` to a file. `calibrated(calibration, method)` is a method again, so that
`measure()`, `evaluate` and the processor `accuracy` take it as they take any.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from otel_cert.errors import NotFound, UsageError
from otel_cert.measures.accuracy.method import Method
from otel_cert.measures.accuracy.result import Claim, Model, Scored
from otel_cert.measures.accuracy.rules import KINDS as RULES

KINDS = (*RULES, "unlike", "unsupported")
"""Kinds of reasons that are counted as features."""


class PartScores(Model):
    """A logistic model of the chance that an answer is supported, from what a method says of its parts."""

    features: tuple[str, ...]
    """Names, as `features()` gives them."""
    intercept: float
    """Log odds where every feature has its mean."""
    coefficients: tuple[float, ...]
    """Log odds per standard deviation of each feature."""
    means: tuple[float, ...]
    """Mean of each feature in the labelled answers."""
    scales: tuple[float, ...]
    """Standard deviation of each feature there."""
    plain_threshold: float
    """The threshold of the method's own confidence on the same answers; claims are judged with it."""


class Calibration(Model):
    """What a calibration chose, on what, and what it reaches on answers that it did not choose on."""

    method: str
    """Name of the method whose confidence is judged."""
    versions: dict[str, str]
    """Versions that the scores depend on; empty when they came from a file."""
    threshold: float
    """Lowest confidence that counts as supported."""
    objective: str
    """What was made greatest, e.g. `balanced-accuracy`, `precision>=0.9`."""
    chosen_on: str
    """The answers it was chosen on, in words."""
    labels_sha256: str
    """SHA-256 of the file of labels."""
    seed: int
    """Of the split into answers to choose on and answers to report on."""
    n_chosen: int
    """Labelled answers that the threshold was chosen on."""
    n_reported: int
    """Other labelled answers, which `reported` is about."""
    reported: dict[str, tuple[float, float | None, float | None] | None]
    """Measure -> value, lower and upper bound (95 %) on these other answers; unsupported is the class to be found."""
    part_scores: PartScores | None = None
    """A model that replaces the confidence, when it was better on the other answers; null = the confidence as it is."""

    @property
    def sha256(self) -> str:
        """Hash of everything that it says."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    @property
    def source(self) -> str:
        """Where a threshold comes from, as results say it."""
        return f"calibrated ({self.chosen_on}; {self.objective}; {self.sha256[:12]})"

    def check_method(self, name: str) -> None:
        """Raise UsageError when it is another method's."""
        if self.method != name:
            raise UsageError(
                f"the calibration is of the method {self.method!r}, not {name!r}",
                hint=f"use the method {self.method}, or calibrate {name}",
            )


def load(path: Path | str) -> Calibration:
    """Read a calibration.

    Raises:
        NotFound: there is no such file.
        UsageError: it holds no calibration.

    """
    try:
        return Calibration.model_validate_json(Path(path).read_bytes())
    except FileNotFoundError:
        raise NotFound(f"there is no calibration {path}", hint="make one with `otel-cert calibrate`") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"{path} is no calibration: {where}: {first['msg']}", hint="make one with `otel-cert calibrate`"
        ) from None


def features(scored: Scored) -> dict[str, float]:
    """Return what a model over part scores may use; a part that the method does not have is left out."""
    reasons = [reason.kind for claim in scored.claims for reason in claim.reasons]
    found: dict[str, float | None] = {
        "confidence": scored.confidence,
        "semantic_score": scored.semantic_score,
        "grounding_score": scored.grounding_score,
        "worst_claim": min((claim.score for claim in scored.claims), default=None),
        **{kind: float(min(reasons.count(kind), 10)) for kind in KINDS},
    }
    return {name: value for name, value in found.items() if value is not None}


def calibrated(calibration: Calibration, method: Method) -> Method:
    """Return `method` with what `calibration` chose for it; raises UsageError when it is another method's."""
    calibration.check_method(method.name)
    return Calibrated(calibration, method)


class Calibrated:
    """A method with its calibration."""

    def __init__(self, calibration: Calibration, method: Method) -> None:
        self._calibration, self._method = calibration, method

    @property
    def name(self) -> str:
        """The method's name."""
        return self._method.name

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the method's versions, and the calibration's hash where it changes scores."""
        own = {} if self._calibration.part_scores is None else {"calibration": self._calibration.sha256[:12]}
        return {**self._method.versions, **own}

    @property
    def threshold(self) -> tuple[float, str]:
        """Return the chosen threshold, and what it was chosen on."""
        return self._calibration.threshold, self._calibration.source

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:
        """Return what the method finds, with the model's confidence if there is a model.

        Raises:
            NotScored: as the method does.
            UsageError: the method no longer gives a part that the model needs.

        """
        scored = self._method.score(answer, context, question)
        model = self._calibration.part_scores
        return scored if model is None else _replaced(scored, model, self._calibration.threshold)


def _replaced(scored: Scored, model: PartScores, threshold: float) -> Scored:
    from otel_cert.statistics.logistic import Logistic

    given = features(scored)
    if missing := [name for name in model.features if name not in given]:
        raise UsageError(f"the method gives no {missing[0]}, which its calibration needs", hint="calibrate it again")
    logistic = Logistic(model.intercept, model.coefficients, model.means, model.scales)
    chance = float(logistic.predict([[given[name] for name in model.features]])[0])
    claims = tuple(_stretched(claim, model.plain_threshold, threshold) for claim in scored.claims)
    details: dict[str, Any] = {**scored.details, "plain_confidence": scored.confidence}
    return scored.model_copy(update={"confidence": chance, "claims": claims, "details": details})


def _stretched(claim: Claim, before: float, after: float) -> Claim:
    """Return a claim whose score is at one threshold where it was at the other: which claims are supported stays."""
    if claim.score >= before:
        score = 1.0 if before >= 1 else after + (claim.score - before) * (1 - after) / (1 - before)
    else:
        score = min(claim.score * after / before, _below(after))
    return claim.model_copy(update={"score": score})


def _below(value: float) -> float:
    from math import nextafter

    return max(0.0, nextafter(value, 0.0))
