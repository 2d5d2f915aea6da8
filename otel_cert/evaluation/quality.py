"""How often a threshold agrees with people's labels. The class to be found is the unsupported answer.

So sensitivity is the share of unsupported answers that are flagged, specificity the share of supported ones that pass,
precision the share of flagged answers that are unsupported.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from otel_cert.evaluation.estimate import Estimate, estimate, share
from otel_cert.evaluation.scoring import Outcome
from otel_cert.measures.accuracy.result import Model
from otel_cert.statistics.curves import Ranking
from otel_cert.statistics.detection import MEASURES, Detection, Measure


class Quality(Model):
    """Scores against labels."""

    n: int
    """Scored answers with a label."""
    unsupported: int
    """Of these, labelled unsupported."""
    true_positives: int
    """Unsupported and flagged, not weighted."""
    false_positives: int
    """Supported and flagged."""
    false_negatives: int
    """Unsupported, and passed."""
    true_negatives: int
    """Supported, and passed."""
    weighted: bool
    """Whether the figures are weighted as a sampling plan says."""
    accuracy: Estimate | None
    """Share of answers that are judged as people did."""
    balanced_accuracy: Estimate | None
    """Mean of sensitivity and specificity; null when a kind is missing, as below."""
    sensitivity: Estimate | None
    """Share of the unsupported answers that are flagged."""
    specificity: Estimate | None
    """Share of the supported answers that pass."""
    precision: Estimate | None
    """Share of the flagged answers that are unsupported; null when none is flagged."""
    f1: Estimate | None
    """Harmonic mean of precision and sensitivity: F1 of the unsupported class."""
    kappa: Estimate | None
    """Cohen's kappa of method and labels: agreement beyond chance."""
    roc_auc: Estimate | None
    """Chance that a supported answer scores above an unsupported one; independent of the threshold."""
    average_precision: Estimate | None
    """Area below the precision-recall curve of the unsupported class."""
    label_rate: Estimate | None
    """Share that people found supported."""


def quality(outcomes: Sequence[Outcome], threshold: float) -> Quality | None:
    """Return how scored rows with labels compare with them; None when there are none."""
    rows = [one for one in outcomes if one.row.label is not None and one.score is not None]
    if not rows:
        return None
    unsupported = [not one.row.label for one in rows]
    scores = np.array([one.score for one in rows], dtype=np.float64)
    found = Detection(unsupported, scores < threshold)
    groups, weights = clusters(rows), [one.row.weight for one in rows]
    ranking = Ranking(unsupported, -scores)
    tp, fp, fn, tn = found.counts()
    return Quality(
        n=len(rows),
        unsupported=sum(unsupported),
        true_positives=tp,
        false_positives=fp,
        false_negatives=fn,
        true_negatives=tn,
        weighted=len(set(weights)) > 1,
        **{measure: measured(measure, found, groups, weights) for measure in MEASURES},
        roc_auc=estimate(ranking.roc_auc, groups, weights),
        average_precision=estimate(ranking.average_precision, groups, weights),
        label_rate=share([not one for one in unsupported], groups, weights),
    )


def measured(
    measure: Measure, found: Detection, groups: Sequence[Hashable], weights: Sequence[float] | None = None
) -> Estimate | None:
    """Return a measure of a threshold; a proportion of independent rows has Wilson's interval, all else the bootstrap's.

    A proportion that is 0 or 1 has Wilson's over clusters, as in `share`: resamples of it cannot differ.
    """
    plain = weights is None or len(set(weights)) == 1
    trials = found.trials(measure)
    if plain and trials and len(set(groups)) == len(groups):
        hits, n = trials
        return share([True] * hits + [False] * (n - hits), range(n))
    if trials and trials[1] and trials[0] in (0, trials[1]):
        return share(
            [trials[0] > 0] * trials[1],
            [group for group, tried in zip(groups, found.tried(measure), strict=True) if tried],
        )
    return estimate(found.statistic(measure), groups, weights)


def clusters(outcomes: Sequence[Outcome]) -> list[Hashable]:
    """Return which document or conversation each row is of; without one it is on its own."""
    return [number if one.row.cluster is None else one.row.cluster for number, one in enumerate(outcomes)]
