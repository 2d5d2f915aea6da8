"""Semantic entropy: how many meanings the answers to one question have.

Source: Farquhar et al. 2024, doi:10.1038/s41586-024-07421-0.

Answers of equal meaning make a cluster. With the share p of each cluster, the entropy is `- sum p ln p`, in nats: 0 when all
mean the same, ln n when no two do. Two forms differ in p:

- discrete: the number of its answers divided by n. It is an estimate from few samples: at most ln n, and on average too low.
- weighted: the sum of the likelihoods of its answers, normalised over clusters. The likelihood of an answer is the
  exponential of the mean of its tokens' log probabilities (length-normalised); an answer that was drawn twice counts twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.result import Model
from otel_cert.measures.entropy.clusters import clustered
from otel_cert.measures.entropy.meaning import Meaning

MOST = 100
"""Answers that are compared: at most 4,950 pairs, which a model on processors takes minutes for."""
_ROUNDING = 1e-6
"""How far above 0 a log probability may be for having been computed in float32."""

Logprobs = Sequence[Sequence[float] | None]


class Cluster(Model):
    """Answers of one meaning."""

    members: tuple[int, ...]
    """Their places in the list of answers, from 0."""
    representative: str
    """The first of them, which all others were compared with."""
    share: float
    """Members divided by n."""
    weight: float | None
    """Share of the likelihood, 0 to 1; None when it is not known for every answer."""


class SemanticEntropy(Model):
    """How far the answers to one question differ in meaning."""

    n: int
    """Answers that were compared."""
    left_out: int
    """Answers beyond the first that may be compared; in no figure."""
    entropy: float | None
    """Discrete form, nats; None when it says nothing: see `reason`."""
    reason: str | None
    """Why there is no entropy."""
    weighted_entropy: float | None
    """Likelihood-weighted form, nats; None when it is not known: see `weighted_reason`."""
    weighted_reason: str | None
    """Why there is no weighted entropy."""
    clusters: tuple[Cluster, ...]
    """Meanings in the order of their first answer; found greedily, so that another order may give others."""
    method: str
    """`entailment`: each entails the other, by an NLI model. `likeness`: similar embeddings, and no rule that objects."""
    approximation: bool
    """Whether the method only approximates entailment."""
    threshold: float
    """Of the method: least probability of entailment in each direction, or least cosine."""
    question_read: bool
    """Whether the question was put before each answer."""
    versions: dict[str, str]
    """Versions of what decides on meaning; empty when nothing had to be compared."""


def semantic_entropy(
    answers: Sequence[str],
    meaning: Meaning,
    *,
    question: str | None = None,
    logprobs: Logprobs | None = None,
    most: int = MOST,
) -> SemanticEntropy:
    """Return how far answers to one question differ in meaning.

    Args:
        answers: drawn independently for the same request: choices of one call, or answers of repeated ones.
        meaning: decides whether two mean the same.
        question: put before each answer, if the method reads it: short answers are understood by their question.
        logprobs: for each answer the natural logarithms of its tokens' probabilities; None where not known.
        most: answers to compare; the first ones are, and the others counted in `left_out`.

    Raises:
        UsageError: `logprobs` are not as many as answers, or `most` is no positive number.
        NotFound: the model of `meaning` cannot be found.

    """
    if logprobs is not None and len(logprobs) != len(answers):
        raise UsageError(
            f"there are {len(answers)} answers, and log probabilities of {len(logprobs)}",
            hint="give a list for each answer, None for one whose log probabilities are not known",
        )
    if most < 1:
        raise UsageError(f"cannot compare {most} answers", hint="`most` is 1 or more")
    taken = answers[:most]
    compared = _Compared(taken, meaning, question)
    clusters, problem = compared.clusters()
    weights, unknown = _weights(clusters, None if logprobs is None else logprobs[:most])
    return SemanticEntropy(
        n=len(taken),
        left_out=len(answers) - len(taken),
        entropy=None if problem else _entropy([len(cluster) / len(taken) for cluster in clusters]),
        reason=problem,
        weighted_entropy=None if problem or weights is None else _entropy(weights),
        weighted_reason=problem or unknown,
        clusters=tuple(
            Cluster(
                members=tuple(cluster),
                representative=taken[cluster[0]],
                share=len(cluster) / len(taken),
                weight=None if weights is None else weights[number],
            )
            for number, cluster in enumerate(clusters)
        ),
        method=meaning.name,
        approximation=meaning.approximation,
        threshold=meaning.threshold,
        question_read=compared.prefix != "",
        versions=dict(meaning.versions) if compared.used else {},
    )


class _Compared:
    def __init__(self, answers: Sequence[str], meaning: Meaning, question: str | None) -> None:
        self._answers, self._meaning = answers, meaning
        asked = question.strip() if question and meaning.reads_question else ""
        self.prefix = f"{asked} " if asked else ""
        self.used = False
        """Whether two answers had to be compared."""

    def clusters(self) -> tuple[list[list[int]], str | None]:
        """Return the clusters, and why they give no entropy; without clusters when answers could not be compared."""
        try:
            found = clustered(self._answers, self._same)
        except NotScored as error:
            return [], error.message
        if len(self._answers) < 2:
            return found, "one answer does not say how others would differ" if found else "there are no answers"
        return found, None

    def _same(self, first: int, second: int) -> bool:
        self.used = True
        return self._meaning.same(*(self.prefix + self._answers[place] for place in (first, second)))


def _entropy(shares: Sequence[float]) -> float:
    """Return the entropy of shares whose sum is 1, in nats."""
    return max(0.0, -math.fsum(share * math.log(share) for share in shares if share > 0))


def _weights(clusters: Sequence[Sequence[int]], logprobs: Logprobs | None) -> tuple[list[float] | None, str | None]:
    """Return the share of each cluster in the likelihood of all answers, or why it is not known."""
    if logprobs is None:
        return None, "no log probabilities are known"
    likelihoods: list[float] = []
    for place, values in enumerate(logprobs):
        if not values:
            return None, f"no log probabilities are known of answer {place}"
        if not all(value <= _ROUNDING for value in values):  # NaN is not, either
            return None, f"what is recorded of answer {place} are no log probabilities: not all are at most 0"
        likelihoods.append(math.fsum(min(value, 0.0) for value in values) / len(values))
    sums = [_log_sum_exp([likelihoods[place] for place in cluster]) for cluster in clusters]
    total = _log_sum_exp(sums)
    if total == -math.inf:
        return None, "no answer has a likelihood above 0"
    return [math.exp(one - total) for one in sums], None


def _log_sum_exp(values: Sequence[float]) -> float:
    """Return the logarithm of a sum of exponentials, which may themselves be too small for a double."""
    largest = max(values, default=-math.inf)
    return largest if largest == -math.inf else largest + math.log(math.fsum(math.exp(v - largest) for v in values))
