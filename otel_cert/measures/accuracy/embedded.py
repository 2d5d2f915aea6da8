"""A parsed text with a vector for each of its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from otel_cert.measures.accuracy.windows import windows
from otel_cert.measures.accuracy.words import Parsed
from otel_cert.scoring.encoded import Encoded
from otel_cert.scoring.encoder import Encoder

_TINY = np.float32(1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """A text with vectors of its words, each in the light of what stands around it."""

    parsed: Parsed
    vectors: np.ndarray
    """float16 [words, width]: of length 1; zeros for a word of which the model knows nothing."""
    topic: np.ndarray
    """float32 [width]: the mean of its windows' embeddings, of length 1; zeros for a text without any."""


def embed(texts: Sequence[Parsed], encoder: Encoder) -> list[Embedded]:
    """Return the vectors of the words of each text: the mean of a word's pieces, of length 1."""
    width = encoder.width
    found = [
        Embedded(text, np.zeros((len(text.words), width), np.float16), np.zeros(width, np.float32)) for text in texts
    ]
    places = [(each, start, end) for each in found for start, end in _windows(each.parsed, encoder)]
    encoded = encoder.stream(each.parsed.text[start:end] for each, start, end in places)
    for (each, start, end), window in zip(places, encoded, strict=True):
        first, vectors = _of_words(each.parsed, start, end, window)
        each.vectors[first : first + len(vectors)] = vectors
        each.topic[:] += window.pooled
    for each in found:
        each.topic[:] = unit(each.topic)
        each.vectors.setflags(write=False)
    return found


def unit(vector: np.ndarray) -> np.ndarray:
    """Return a vector at length 1; zeros stay."""
    length = np.float32(np.sqrt(np.square(vector).sum()))
    return vector / length if length else vector


def _windows(text: Parsed, encoder: Encoder) -> Iterator[tuple[int, int]]:
    """Yield ranges of characters that the model reads whole.

    A part of a text may have more pieces by itself than as a part: a word too long for the tokenizer is one unknown piece.
    """
    waiting = windows(encoder.pieces(text.text), text.sentences, encoder.longest)[::-1]
    while waiting:
        start, end = waiting.pop()
        if end - start > 1 and len(encoder.pieces(text.text[start:end])) > encoder.longest:
            waiting += [((start + end) // 2, end), (start, (start + end) // 2)]
        else:
            yield start, end


def _of_words(text: Parsed, start: int, end: int, window: Encoded) -> tuple[int, np.ndarray]:
    """Return the first word that is wholly in a window, and float32 [words, width] of it and those behind it."""
    inside = [n for n, word in enumerate(text.words) if start <= word.start and word.end <= end]
    if not inside:
        return 0, np.zeros((0, window.half.shape[1]), np.float32)
    words = text.words[inside[0] : inside[-1] + 1]
    first = np.searchsorted(window.offsets[:, 1], [word.start - start for word in words], side="right")
    last = np.searchsorted(window.offsets[:, 0], [word.end - start for word in words], side="left")
    sums = np.concatenate([np.zeros((1, window.half.shape[1]), np.float32), np.cumsum(window.vectors, axis=0)])
    total = sums[last] - sums[first]
    length = np.sqrt(np.square(total).sum(axis=1, keepdims=True))
    means: np.ndarray = np.where(length > _TINY, total / np.maximum(length, _TINY), 0)
    return inside[0], means
