"""A threshold, and perhaps a model over part scores, from labelled answers; reported on other answers than those.

Whether the model is used is decided on the answers that are reported on, by the lower bound of its gain, so that what is
reported of it is a little too good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from otel_cert.errors import UsageError
from otel_cert.evaluation.choose import Objective
from otel_cert.evaluation.estimate import Estimate, estimate
from otel_cert.evaluation.quality import Quality, clusters, quality
from otel_cert.evaluation.scoring import Outcome, Outcomes
from otel_cert.evaluation.split import folds, halves
from otel_cert.measures.accuracy.calibrated import Calibration, PartScores
from otel_cert.measures.accuracy.result import Model
from otel_cert.statistics.bootstrap import Array
from otel_cert.statistics.curves import Ranking
from otel_cert.statistics.logistic import Logistic, fit
from otel_cert.statistics.reliability import brier, expected_calibration_error, reliability

LEAST_FOR_MODEL = 100
"""Labelled answers from which a model over part scores is tried."""
_FOLDS = 5
_REPORTED = (
    "roc_auc", "average_precision", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "precision", "f1",
    "kappa",
)  # fmt: skip


class CurvePoint(Model):
    """A threshold, and what it reaches on the answers that are reported on, not weighted."""

    threshold: float
    """Answers with at most this score are flagged."""
    recall: float
    """Share of the unsupported answers that is flagged."""
    false_positive_rate: float
    """Share of the supported answers that is flagged."""
    precision: float
    """Share of the flagged answers that is unsupported."""


class ReliabilityBin(Model):
    """Answers whose confidence lies in a range."""

    low: float
    """From this confidence."""
    high: float
    """To below this one; the last bin holds 1 too."""
    n: int
    """Answers."""
    predicted: float
    """Their mean confidence."""
    observed: float
    """Share of them that people found supported."""
    observed_low: float
    """Wilson interval of that share, 95 %."""
    observed_high: float
    """Its upper bound."""


class Reliability(Model):
    """Whether a confidence of 80 % means that 80 % are supported."""

    bins: tuple[ReliabilityBin, ...]
    """Ten of equal width; empty ones are left out."""
    expected_calibration_error: float
    """Mean distance of predicted from observed, weighted by answers; 0 = it means what it says."""
    brier: float
    """Mean squared distance of confidence from label; lower is better."""


class Trial(Model):
    """A model over part scores against the method's own confidence, on the answers that are reported on."""

    used: bool
    """Whether it replaces the confidence: only when the whole interval of `gain` is above 0."""
    why: str
    """Why it does or does not."""
    gain: Estimate | None
    """Its ROC AUC minus that of the confidence, with the paired bootstrap's interval; null when it was not tried."""
    coefficients: dict[str, float]
    """Feature -> log odds per standard deviation."""


class Calibrating(Model):
    """What a calibration found. `calibration` is what other commands take."""

    calibration: Calibration
    """The threshold, how it was chosen, and the model if it is used."""
    chosen: Quality
    """On the answers that it was chosen on: too good, for comparison only."""
    reported: Quality
    """On the other answers: what to expect."""
    unscored: int
    """Labelled answers without a score; part of neither."""
    unlabelled: int
    """Scored answers without a label; part of neither."""
    model: Trial
    """The model over part scores."""
    curve: tuple[CurvePoint, ...]
    """The ROC and the precision-recall curve of the answers that are reported on."""
    reliability: Reliability
    """Of the confidence that will be used, on the answers that are reported on."""
    plain_reliability: Reliability | None
    """Of the method's own confidence, where a model replaces it."""


def calibrate(
    outcomes: Outcomes,
    *,
    method: str,
    versions: Mapping[str, str],
    source: str,
    source_sha256: str,
    objective: str = "balanced-accuracy",
    seed: int = 0,
) -> Calibrating:
    """Choose a threshold on one half of the labelled answers, and report on the other.

    Args:
        outcomes: scored rows; those with labels are used.
        method: whose scores they are.
        versions: what the scores depend on.
        source: where the labels are from, in words.
        source_sha256: hash of that file.
        objective: one of `choose.OBJECTIVES`.
        seed: of the split by document or conversation.

    Raises:
        UsageError: a half has no answer of a kind, or the objective is none.
        CheckFailed: no threshold reaches the objective's floor.

    """
    aim = Objective.of(objective)
    labelled = [one for one in outcomes.scored if one.row.label is not None]
    first, second = halves(labelled, seed)
    _check_scored(outcomes)
    _check(first, second)
    threshold = aim.threshold(*_arrays(first))
    model, trial, chance = _trial(first, second, aim, seed, threshold)
    if model is not None:
        first, second, threshold = _rescored(first, chance), _rescored(second, chance), model[1]
    chosen, reported = quality(first, threshold), quality(second, threshold)
    assert chosen is not None and reported is not None  # noqa: PT018, S101 - neither half is empty
    calibration = Calibration(
        method=method,
        versions=dict(versions),
        threshold=threshold,
        objective=aim.name,
        chosen_on=f"{len(labelled):,} labelled answers of {source}",
        labels_sha256=source_sha256,
        seed=seed,
        n_chosen=len(first),
        n_reported=len(second),
        reported={name: _bounds(getattr(reported, name)) for name in _REPORTED},
        part_scores=model[0] if model is not None else None,
    )
    scores, supported, _ = _arrays(second)
    plain = np.array([one.score for one in halves(labelled, seed)[1]], dtype=np.float64)
    return Calibrating(
        calibration=calibration,
        chosen=chosen,
        reported=reported,
        unscored=sum(one.row.label is not None for one in outcomes.unscored),
        unlabelled=len(outcomes.scored) - len(labelled),
        model=trial,
        curve=_curve(scores, supported),
        reliability=_reliability(scores, supported),
        plain_reliability=_reliability(plain, supported) if model is not None else None,
    )


def _check_scored(outcomes: Outcomes) -> None:
    """Raise UsageError when there are labels, but no answer with a score has one."""
    without = [one.unscored or "" for one in outcomes.unscored if one.row.label is not None]
    if not without or any(one.row.label is not None for one in outcomes.scored):
        return
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in Counter(without).most_common(3))
    raise UsageError(
        f"none of the {len(without):,} labelled answers has a score: {reasons}",
        hint="labelled rows need answer and context as well; `calibrate --scores` takes scores of the same ids instead",
    )


def _check(first: Sequence[Outcome], second: Sequence[Outcome]) -> None:
    for half in (first, second):
        kinds = {one.row.label for one in half}
        if len(kinds) < 2:
            n = len(first) + len(second)
            if n > 1 and not kinds:
                raise UsageError(
                    f"all {n:,} labelled answers are of one document or conversation, which cannot be in both halves",
                    hint="label answers of others as well; `otel-cert label sample` draws them",
                )
            missing = (
                "no answer at all" if not kinds else f"no {'unsupported' if True in kinds else 'supported'} answer"
            )
            raise UsageError(
                f"of {n:,} labelled answers, one half has {missing}: nothing can be chosen or reported",
                hint="label more answers, 100 to 400, of both kinds; `otel-cert label sample` draws them",
            )


def _arrays(outcomes: Sequence[Outcome]) -> tuple[Array, Array, Array]:
    """Return scores, 1.0 where supported, and weights."""
    rows = [(one.score, bool(one.row.label), one.row.weight) for one in outcomes]
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _trial(
    first: Sequence[Outcome], second: Sequence[Outcome], aim: Objective, seed: int, plain: float
) -> tuple[tuple[PartScores, float] | None, Trial, dict[str | int, float]]:
    """Return the model with its threshold if it is used, what came of it, and the chances it gives, by id.

    Chances to choose the threshold on are of models that have not seen the answer: five folds of the first half.
    """
    names = _features([*first, *second])
    if len(first) + len(second) < LEAST_FOR_MODEL or not names:
        why = f"fewer than {LEAST_FOR_MODEL} labelled answers" if names else "the scores came without part scores"
        return None, Trial(used=False, why=why, gain=None, coefficients={}), {}
    logistic = _fitted(first, names)
    chance = {one.row.id: p for one, p in zip(second, logistic.predict(_table(second, names)), strict=True)}
    scores, supported, _ = _arrays(second)
    own, model = Ranking(supported, scores), Ranking(supported, np.array([chance[one.row.id] for one in second]))
    gain = estimate(
        lambda w: model.roc_auc(w) - own.roc_auc(w), clusters(second), [one.row.weight for one in second]
    )  # the same resamples for both: a pair
    better = gain is not None and gain.low is not None and gain.low > 0
    why = "its ROC AUC is better on the answers that are reported on" if better else "it is not surely better there"
    trial = Trial(used=better, why=why, gain=gain, coefficients=dict(zip(names, logistic.coefficients, strict=True)))
    if not better:
        return None, trial, {}
    for part in (parts := folds(first, seed, _FOLDS)):
        rest = [one for other in parts if other is not part for one in other]
        seen = _fitted(rest, names) if len({one.row.label for one in rest}) == 2 else logistic
        chance |= {one.row.id: p for one, p in zip(part, seen.predict(_table(part, names)), strict=True)}
    threshold = aim.threshold(*_arrays(_rescored(first, chance)))
    stored = PartScores(
        features=names,
        intercept=logistic.intercept,
        coefficients=logistic.coefficients,
        means=logistic.means,
        scales=logistic.scales,
        plain_threshold=plain,
    )
    return (stored, threshold), trial, chance


def _features(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the part scores that every answer has."""
    common = set.intersection(*(set(one.parts) for one in outcomes))
    return tuple(name for name in outcomes[0].parts if name in common)


def _table(outcomes: Sequence[Outcome], names: Sequence[str]) -> Array:
    return np.array([[one.parts[name] for name in names] for one in outcomes], dtype=np.float64)


def _fitted(outcomes: Sequence[Outcome], names: Sequence[str]) -> Logistic:
    return fit(_table(outcomes, names), [bool(one.row.label) for one in outcomes])


def _rescored(outcomes: Sequence[Outcome], chance: Mapping[str | int, float]) -> list[Outcome]:
    return [replace(one, score=float(chance[one.row.id])) for one in outcomes]


def _bounds(found: Estimate | None) -> tuple[float, float | None, float | None] | None:
    return None if found is None else (found.value, found.low, found.high)


def _curve(scores: Array, supported: Array) -> tuple[CurvePoint, ...]:
    return tuple(
        CurvePoint(
            threshold=-one.threshold,
            recall=one.recall,
            false_positive_rate=one.false_positive_rate,
            precision=one.precision,
        )
        for one in Ranking(supported == 0, -scores).points()
    )


def _reliability(scores: Array, supported: Array) -> Reliability:
    bins = [
        ReliabilityBin(
            low=one.low, high=one.high, n=one.n, predicted=one.predicted, observed=one.observed,
            observed_low=one.observed_low, observed_high=one.observed_high,
        )
        for one in reliability(scores, supported)
    ]  # fmt: skip
    error, squares = expected_calibration_error(scores, supported), brier(scores, supported)
    return Reliability(bins=tuple(bins), expected_calibration_error=error or 0.0, brier=squares or 0.0)
