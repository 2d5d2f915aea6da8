"""How far each word of an answer is supported by each sentence of its context.

A word is supported by a word of the same stem wholly, by any other as far as their vectors agree. Words without a meaning
of their own (stop words) are left aside, unless there are no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otel_cert.measures.accuracy.embedded import Embedded, unit
from otel_cert.measures.accuracy.source import Source
from otel_cert.measures.accuracy.vocabulary import vocabulary

_TOGETHER = 3
"""Neighbouring sentences of the context that may support a sentence of the answer together."""


@dataclass(frozen=True, slots=True)
class Support:
    """A matrix of words and sentences, and what follows from it."""

    words: np.ndarray
    """int [n]: positions of the words in the answer."""
    weights: np.ndarray
    """float32 [n]: how much each word says, by how few sentences of the context have it."""
    lexical: np.ndarray
    """bool [n, places]: whether a place has the word's stem."""
    cosine: np.ndarray
    """float32 [n, places]: the nearest word of each place, 0 to 1."""
    known: np.ndarray
    """bool [n]: whether the context has the word's stem anywhere, or the number or date that it is part of."""

    @property
    def by_place(self) -> np.ndarray:
        """Return float32 [n, places]: the support of each word by each place."""
        found: np.ndarray = np.where(self.lexical, np.float32(1), self.cosine)
        return found

    def of(self, first: int, last: int) -> Support:
        """Return the part of the words `first` to `last` of the answer."""
        inside = (self.words >= first) & (self.words < last)
        return Support(*(each[inside] for each in (self.words, self.weights, self.lexical, self.cosine, self.known)))


def support(answer: Embedded, source: Source, known: Sequence[tuple[int, int]] = ()) -> Support:
    """Return the support of the words of an answer.

    Args:
        answer: with at least one word.
        source: with at least one place.
        known: characters of the answer that the context supports in another form, such as a number.

    """
    all_words = answer.parsed.words
    words = _of_meaning(answer, source)
    lexical = np.zeros((len(words), len(source.places)), bool)
    for row, n in enumerate(words):
        if (places := source.stems.get(all_words[n].stem)) is not None:
            lexical[row, places] = True
        elif any(start < all_words[n].end and all_words[n].start < end for start, end in known):
            lexical[row] = True
    cosine = np.clip(source.cosines(answer.vectors[words]), 0, 1)
    weights = np.array([source.context.weight(all_words[n].stem) for n in words], np.float32)
    known_words = np.asarray(lexical.any(axis=1))
    return Support(np.array(words, int), weights, lexical, cosine, known_words)


def _of_meaning(answer: Embedded, source: Source) -> list[int]:
    """Return the words that say something: no stop words, and none by which the answer only speaks of its sources."""
    vocabulary_ = vocabulary(answer.parsed.language)
    frame = vocabulary_.frame_words if vocabulary_ else frozenset()
    words = [n for n, word in enumerate(answer.parsed.words) if not word.stop]
    said = [n for n in words if (word := answer.parsed.words[n]).folded not in frame or word.stem in source.stems]
    return said or words or list(range(len(answer.parsed.words)))


def together(by_place: np.ndarray, source: Source) -> np.ndarray:
    """Return [n, places]: the support by a place and the two behind it in its chunk, or whether one of them has a word."""
    found = by_place.copy()
    chunk = np.array([place.chunk for place in source.places])
    for step in range(1, _TOGETHER):
        if by_place.shape[1] > step:
            same = chunk[step:] == chunk[:-step]
            found[:, :-step] = np.where(same, np.maximum(found[:, :-step], by_place[:, step:]), found[:, :-step])
    return found


def mean_vector(answer: Embedded, first: int, last: int) -> np.ndarray:
    """Return float32 [width]: the mean of the words `first` to `last`, of length 1."""
    return unit(answer.vectors[first:last].astype(np.float32).mean(axis=0))
