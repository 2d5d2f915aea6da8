"""Bounds of the entropy of a distribution of which only some log probabilities are given.

Let p_1 ... p_k be known and r = 1 - (p_1 + ... + p_k) be the rest, which V - k tokens share. Entropy is concave, so with
the known part fixed it is greatest when all of these have r / (V - k), and least when as few as possible have any: all of
r, or, when none of them can be more probable than c, tokens of c each and one of what is left (the extreme points of the
simplex cut at c; Cover and Thomas 2006, Elements of Information Theory, sections 2.6 and 2.7).

Numbers are what the provider sent, so the bounds hold up to its rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

TOLERANCE = 1e-3
"""Probabilities that add up to more than 1 + this are of no distribution; below, it is rounding."""

_NOTHING = 1e-12
"""A rest below this is rounding: the list is complete."""
_ANY_VOCABULARY = 10_000_000
"""Larger than every vocabulary: a rest that does not fit below c even then shows that c is no bound."""


class Bounds(NamedTuple):
    """Entropy lies in [lower, upper], nats; NaN where that bound is not known."""

    lower: Floats
    upper: Floats


def entropy(logprobs: ArrayLike) -> Floats:
    """Return the entropy of complete distributions, nats.

    Args:
        logprobs: [..., V] natural logarithms of all probabilities, -inf for 0; rounding is made good by normalising.

    """
    given = np.asarray(logprobs, dtype=np.float64)
    p = np.exp(given)
    mass = p.sum(axis=-1)
    return _normalised(_plogp(p, given).sum(axis=-1), mass)


def bounds(logprobs: ArrayLike, vocabulary: int | None = None, largest: ArrayLike | None = None) -> Bounds:
    """Return bounds of the entropy of distributions, one per row.

    Args:
        logprobs: [n, k] natural logarithms of the known probabilities, each of another token; NaN pads a row.
        vocabulary: number of tokens V that the model chooses among; None = unknown, and then there is no upper bound unless
            the list is complete.
        largest: [n] natural logarithm of c, which no token that is not listed exceeds; NaN = nothing is known about them.
            A c that the rest cannot fit below is not believed.

    Returns:
        Two arrays [n]. Both are NaN where nothing is listed, or where the probabilities add up to more than 1 + TOLERANCE;
        both are the entropy where the list is complete: it has V tokens, or leaves nothing.

    """
    given = np.asarray(logprobs, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"log probabilities must be a table [tokens, alternatives], not of shape {given.shape}")
    present = ~np.isnan(given)
    listed = present.sum(axis=1)
    p = np.exp(np.where(present, given, -np.inf))
    mass = p.sum(axis=1)
    known = _plogp(p, given).sum(axis=1)
    rest = np.clip(1 - mass, 0.0, 1.0)
    others = (
        np.full(len(given), np.nan) if vocabulary is None else np.maximum(vocabulary - listed, 0).astype(np.float64)
    )
    lower = known + _uneven(
        rest, others, np.full(len(given), np.nan) if largest is None else np.asarray(largest, float)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        upper = known + np.where(others > 0, rest * (np.log(others) - np.log(rest)), np.nan)
    if vocabulary is not None:
        upper[listed > vocabulary] = np.nan  # the vocabulary is another one
    complete = (rest <= _NOTHING) | (listed == (-1 if vocabulary is None else vocabulary))
    if complete.any():
        lower[complete] = upper[complete] = _normalised(known[complete], mass[complete])
    unusable = (listed == 0) | (mass > 1 + TOLERANCE)
    lower[unusable] = upper[unusable] = np.nan
    return Bounds(np.fmin(lower, upper), upper)


def _uneven(rest: Floats, others: Floats, largest: Floats) -> Floats:
    """Return the least that the rest adds: as many tokens of `largest` as fit, and one of what is left."""
    c = np.exp(np.nan_to_num(largest, nan=0.0))
    places = np.nan_to_num(others, nan=_ANY_VOCABULARY)
    c = np.where((c > 0) & (rest <= places * c * (1 + TOLERANCE)), c, 1.0)
    whole = np.floor(rest / c)
    left = np.clip(rest - whole * c, 0.0, None)
    return whole * _plogp(c, np.log(c)) + _plogp(left, _log(left))


def _normalised(known: Floats, mass: Floats) -> Floats:
    found: Floats = np.maximum(np.log(mass) + known / mass, 0.0)
    return found


def _plogp(p: Floats, logp: Floats) -> Floats:
    """Return -p ln p, which is 0 where p is."""
    return -np.where(p > 0, p, 0.0) * np.where(p > 0, logp, 0.0)


def _log(p: Floats) -> Floats:
    return np.log(np.where(p > 0, p, 1.0))
