"""What the tokens of an answer say together: likelihood, perplexity, where the model was least sure.

Surprisal of a token is -ln p (Shannon 1948), its mean over an answer the negative log-likelihood per token, and perplexity
the exponential of that mean (Jelinek, Mercer, Bahl and Baker 1977). All are of the tokens with a known probability, whose
number is told: tokens that were said to be unlikely have none, so what is left looks surer than it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from otel_cert.measures.entropy.bounds import Bounds, Floats, bounds
from otel_cert.measures.entropy.token import Tokens

WINDOW = 8
"""Tokens of a window."""
BELOW = 0.5
"""Tokens less probable than this are counted."""
PARTS = 10
"""Parts of an answer in a profile."""


class Run(NamedTuple):
    """Tokens `first` to `last` (exclusive) that surprise most, and their mean surprisal, nats."""

    first: int
    last: int
    mean: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Figures of one answer of n tokens, nats; None where nothing is known."""

    surprisal: Floats
    """[n] -ln p of each token; NaN = unknown."""
    entropy: Bounds
    """[n] of the distribution that each token was chosen from; NaN = unknown."""
    known: int
    """Tokens with a known surprisal."""
    total: float | None
    """Sum of these: the negative log-likelihood of the answer."""
    mean: float | None
    """Their mean."""
    perplexity: float | None
    """exp(mean); None when that is beyond a double."""
    share_below: float | None
    """Share of the known tokens that are less probable than `below`."""
    below: float
    """That probability."""
    worst: Run | None
    """The token that surprises most; the first of equals."""
    window: Run | None
    """The window that surprises most."""
    surprisal_parts: tuple[float | None, ...]
    """Mean surprisal in each of PARTS equal parts of the answer, one after the other; None where it has no known token."""
    entropy_parts: tuple[float | None, ...]
    """Mean lower bound of the entropy, likewise."""


def profile(tokens: Tokens, vocabulary: int | None = None, *, window: int = WINDOW, below: float = BELOW) -> Profile:
    """Return the figures of recorded tokens.

    Args:
        tokens: of one answer.
        vocabulary: number of tokens that the model chooses among; None = unknown.
        window: tokens of a window.
        below: tokens less probable than this are counted.

    """
    found = bounds(tokens.known, vocabulary, tokens.largest)
    return summarise(0.0 - tokens.logprobs, found, window=window, below=below)


def summarise(surprisal: Floats, entropy: Bounds, *, window: int = WINDOW, below: float = BELOW) -> Profile:
    """Return the figures of an answer whose tokens have these surprisals and entropies, [n] nats, NaN = unknown."""
    known = surprisal[~np.isnan(surprisal)]
    total = math.fsum(known) if known.size else None
    average = None if total is None else total / known.size
    at = int(np.nanargmax(surprisal)) if known.size else 0
    return Profile(
        surprisal=surprisal,
        entropy=entropy,
        known=int(known.size),
        total=total,
        mean=average,
        perplexity=None if average is None or average > _LARGEST else math.exp(average),
        share_below=float((known > -math.log(below)).mean()) if known.size else None,
        below=below,
        worst=Run(at, at + 1, float(surprisal[at])) if known.size else None,
        window=_window(surprisal, window),
        surprisal_parts=_parts(surprisal),
        entropy_parts=_parts(entropy.lower),
    )


_LARGEST = math.log(np.finfo(np.float64).max)


def mean(values: Floats) -> float | None:
    """Return the mean of the known values, or None when there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _window(surprisal: Floats, length: int) -> Run | None:
    """Return the window of the greatest mean; the first of equals.

    At least half of its tokens must be known: one alone is no window.
    """
    length = min(length, len(surprisal))
    known = ~np.isnan(surprisal)
    if not known.any():
        return None
    ones = np.ones(length)
    counts = np.convolve(known, ones, "valid")
    sums = np.convolve(np.where(known, surprisal, 0.0), ones, "valid")
    means = np.where(2 * counts >= length, sums / np.maximum(counts, 1), -np.inf)
    at = int(np.argmax(means))
    return Run(at, at + length, float(means[at])) if np.isfinite(means[at]) else None


def _parts(values: Floats) -> tuple[float | None, ...]:
    return tuple(mean(part) for part in np.array_split(values, PARTS))
