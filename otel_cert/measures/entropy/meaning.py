"""Whether two answers mean the same: by an NLI model that the user names, else by an approximation.

Semantic entropy (Farquhar et al. 2024, doi:10.1038/s41586-024-07421-0) takes two answers as one meaning when each entails
the other. `Entailment` does that. `Likeness` needs no model beside MiniLM, and is only an approximation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.classifier import Classifier, TooLong
from otel_cert.measures.accuracy.embedded import embed
from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.rules import findings
from otel_cert.measures.accuracy.words import parse
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.pieces import encodable

LIKENESS = 0.65
"""The cosine from which answers may mean the same. Of 32 pairs of our own that it was chosen on, `Likeness` tells 30 apart
rightly; of 32 others 27: 12 of 16 that mean the same, 15 of 16 that do not. Few, short and English: a start, no proof."""
_LIKELY = 0.5
_KEPT = 256


class Meaning(Protocol):
    """Compares the meaning of two texts, neither of which is blank."""

    @property
    def name(self) -> str:
        """`entailment` or `likeness`."""
        ...

    @property
    def approximation(self) -> bool:
        """Whether it only approximates what the paper does."""
        ...

    @property
    def threshold(self) -> float:
        """From what number on it says yes."""
        ...

    @property
    def reads_question(self) -> bool:
        """Whether the question may be put before both texts."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of all that it depends on."""
        ...

    def same(self, first: str, second: str) -> bool:
        """Return whether they mean the same.

        Raises:
            NotScored: the texts are longer than the model reads.

        """
        ...


class Entailment:
    """Bidirectional entailment: each text makes the other more likely than not, by an NLI model."""

    name = "entailment"
    approximation = False
    reads_question = True

    def __init__(self, classifier: Classifier, threshold: float = _LIKELY) -> None:
        """Load nothing yet; `threshold` is the least probability of entailment, 0 to 1, in each direction."""
        if not 0 < threshold <= 1:
            raise UsageError(f"a threshold of {threshold:g} is no probability", hint="use one above 0, and at most 1")
        self._classifier, self.threshold = classifier, threshold

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the model and its runtime; loads the model."""
        return self._classifier.versions

    def same(self, first: str, second: str) -> bool:
        """Return whether each text entails the other; see `Meaning.same`.

        Raises:
            NotFound: there is no such model.
            UsageError: it is no classifier of pairs.

        """
        if self._classifier.of_tokens:
            raise UsageError(
                f"the model {self._classifier.name} judges tokens, not whether a text follows from another",
                hint="use a cross-encoder for natural language inference (ForSequenceClassification)",
            )
        return self._entails(first, second) and self._entails(second, first)

    def _entails(self, first: str, second: str) -> bool:
        try:
            return self._classifier.judge(encodable(first), encodable(second)).support >= self.threshold
        except TooLong as error:
            raise NotScored(
                f"two answers together are too long to compare: {error}", hint="use an NLI model that reads more"
            ) from error


class Likeness:
    """Similar embeddings, and no rule that finds a number, date, name, negation or direction in one that the other lacks.

    Embeddings alone take `10 EUR` and `20 EUR` for the same, which is why the rules of `otel_cert.measure()` decide too. The
    longer the answers, the more likely is one such finding, and the more meanings there seem to be. The rules read a few
    languages, MiniLM mostly English.
    """

    name = "likeness"
    approximation = True
    reads_question = False  # the question would make every two texts alike

    def __init__(self, encoder: Encoder, threshold: float = LIKENESS) -> None:
        """Load nothing yet; `threshold` is the least cosine, -1 to 1."""
        if not -1 <= threshold <= 1:
            raise UsageError(f"a threshold of {threshold:g} is no cosine", hint="use one from -1 to 1")
        self._encoder, self.threshold = encoder, threshold
        self._vector = lru_cache(maxsize=_KEPT)(self._embedded)

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the embedding model and its runtime; loads the model."""
        return self._encoder.versions

    def same(self, first: str, second: str) -> bool:
        """Return whether two texts are alike and nothing is found that differs."""
        if float(self._vector(first) @ self._vector(second)) < self.threshold:
            return False
        language = language_of(first, second)
        return not findings(first, [second], language) and not findings(second, [first], language)

    def _embedded(self, text: str) -> np.ndarray:
        [found] = embed([parse(text, language_of(text))], self._encoder)
        return found.topic
