"""The context of an answer, made ready for comparison: parsed, indexed by stems, with vectors of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from otel_cert.measures.accuracy.embedded import Embedded, unit
from otel_cert.measures.accuracy.rules.align import Context
from otel_cert.measures.accuracy.words import Sentence

_BLOCK = 8_192
"""Words of the context that are compared at once: bounds memory."""


@dataclass(frozen=True)
class Place:
    """A sentence of the context."""

    chunk: int
    """Position of its chunk."""
    sentence: Sentence


class Source:
    """Chunks with vectors; made once, compared with many answers."""

    def __init__(self, chunks: Sequence[Embedded]) -> None:
        self.chunks = tuple(chunks)
        self.context = Context([chunk.parsed for chunk in chunks])
        self.places = [
            Place(number, sentence)
            for number, chunk in enumerate(chunks)
            for sentence in chunk.parsed.sentences
            if sentence.last > sentence.first
        ]
        """Sentences that have words."""
        self._grams: dict[int, frozenset[tuple[str, ...]]] = {}

    @cached_property
    def stems(self) -> dict[str, np.ndarray]:
        """Stem -> the places that have it, in order."""
        found: dict[str, list[int]] = {}
        for number, place in enumerate(self.places):
            for stem in {word.stem for word in self.chunks[place.chunk].parsed.words_of(place.sentence)}:
                found.setdefault(stem, []).append(number)
        return {stem: np.array(numbers) for stem, numbers in found.items()}

    def cosines(self, vectors: np.ndarray) -> np.ndarray:
        """Return float32 [n, places]: the cosine of each of n vectors with the nearest word of each place."""
        found = np.zeros((len(vectors), len(self.places)), np.float32)
        wide = vectors.astype(np.float32)
        for first, last in self._blocks():
            words = np.concatenate([self._vectors(place) for place in self.places[first:last]]).astype(np.float32)
            starts = np.cumsum([0, *(_length(place) for place in self.places[first : last - 1])])
            found[:, first:last] = np.maximum.reduceat(wide @ words.T, starts, axis=1)
        return found

    @cached_property
    def means(self) -> np.ndarray:
        """Return float32 [places, width]: the mean of the words of each place, of length 1."""
        return np.stack([unit(self._vectors(place).astype(np.float32).mean(axis=0)) for place in self.places])

    @cached_property
    def topic(self) -> np.ndarray:
        """Return float32 [width]: the mean of its chunks' embeddings, of length 1."""
        return unit(np.sum([chunk.topic for chunk in self.chunks], axis=0))

    def grams(self, n: int) -> frozenset[tuple[str, ...]]:
        """Return every sequence of n stems in a chunk."""
        if n not in self._grams:
            found: set[tuple[str, ...]] = set()
            for chunk in self.chunks:
                stems = [word.stem for word in chunk.parsed.words]
                found.update(zip(*(stems[k:] for k in range(n)), strict=False))
            self._grams[n] = frozenset(found)
        return self._grams[n]

    def _vectors(self, place: Place) -> np.ndarray:
        return self.chunks[place.chunk].vectors[place.sentence.first : place.sentence.last]

    def _blocks(self) -> list[tuple[int, int]]:
        found, first, size = [], 0, 0
        for number, place in enumerate(self.places):
            if size and size + _length(place) > _BLOCK:
                found.append((first, number))
                first, size = number, 0
            size += _length(place)
        return [*found, (first, len(self.places))] if self.places else []


def _length(place: Place) -> int:
    return place.sentence.last - place.sentence.first
