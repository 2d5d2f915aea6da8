"""How far a word of an answer stands apart from the words beside it, in the context.

An answer can be put together from words that the context has, each about something else: a dose of one drug, given as that
of another. No word of it is missing, but where the context has the dose, it hardly has the rest of the sentence.
"""

from __future__ import annotations

import numpy as np

_LEAST = 3
"""Words of the shortest sentence in which words stand apart."""


def apart(by_place: np.ndarray, lexical: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return float [n], 0 or less: how much less the rest of a sentence is supported where the context has each word.

    Args:
        by_place: float [n, places], the support of each word of the sentence by each place.
        lexical: bool [n, places], whether a place has the word; one that none has is 0, for others measure that.
        weights: float [n], how much each word says.

    """
    if len(weights) < _LEAST:
        return np.zeros(len(weights))
    weighed = weights[:, None] * by_place.astype(np.float64)
    rest = (weighed.sum(axis=0) - weighed) / (weights.sum() - weights)[:, None]
    there = np.where(lexical, rest, -np.inf).max(axis=1)
    found: np.ndarray = np.where(lexical.any(axis=1), there - rest.max(axis=1), 0)
    return found
