"""Windows of a text that a model can read whole: sentences together, as many as fit, and nothing left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from otel_cert.measures.accuracy.words import Sentence


def windows(pieces: np.ndarray, sentences: Sequence[Sentence], longest: int) -> list[tuple[int, int]]:
    """Return ranges of characters that together have all word pieces, each `longest` of them at the most.

    Args:
        pieces: int32 [n, 2], characters of each word piece.
        sentences: of the same text; a window ends with one wherever it can.
        longest: the most pieces of a window.

    """
    found: list[tuple[int, int]] = []
    for first, last in _parts(pieces, sentences, longest):
        if found and last - found[-1][0] <= longest:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return [(int(pieces[first, 0]), int(pieces[last - 1, 1])) for first, last in found]


def _parts(pieces: np.ndarray, sentences: Sequence[Sentence], longest: int) -> Iterator[tuple[int, int]]:
    """Yield sentences as ranges of pieces; one that is too long in parts."""
    starts = [sentence.start for sentence in sentences[1:]]
    bounds = [0, *np.searchsorted(pieces[:, 0], starts).tolist(), len(pieces)]
    for first, last in pairwise(bounds):
        for part in range(first, last, longest):
            yield part, min(part + longest, last)
