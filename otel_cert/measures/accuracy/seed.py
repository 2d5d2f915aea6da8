"""The method `seed`: half meaning, half shared terms, as CERT documented it; kept to compare with.

The semantic part is the cosine of the two texts' MiniLM embeddings, each cut at 256 word pieces as sentence-transformers
does. The grounding part is the share of the answer's terms of four characters or more that occur anywhere in the context.
Both count a half. Wrong figures hardly change either: "revenue was $450 billion" passes against "revenue was $89.5B".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from otel_cert.measures.accuracy.method import texts
from otel_cert.measures.accuracy.result import Claim, Reason, Scored
from otel_cert.scoring.shared import shared_encoder

_PUNCTUATION = ".,!?;:\"'()[]{}"
_TERM = 4
"""Characters of the shortest term."""


class Seed:
    """Scores as the tool did that this project started from."""

    name = "seed"
    threshold = 0.7, "the default that CERT documented"

    def __init__(self, embedding_model: str | None = None, *, cache: int = 0, cache_dir: Path | None = None) -> None:
        """Load nothing yet; the settings are those of `aligned.Aligned`."""
        self._encoder = shared_encoder(embedding_model, disk=cache, folder=cache_dir)

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the method, the model and its runtime."""
        return {"seed": "1", **self._encoder.versions}

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:  # noqa: ARG002 - as every method
        """Return the score of the answer against the chunks joined; `question` is not used.

        Raises:
            NotScored: answer or context is blank.

        """
        text = "\n".join(texts(answer, context))
        semantic = max(0.0, self._cosine(answer, text))
        terms = _terms(answer)
        missing = _missing(terms, text.lower())
        grounding = 1 - len(missing) / len(terms) if terms else 0.0
        confidence = 0.5 * semantic + 0.5 * grounding
        whole = Claim(
            start=0, end=len(answer), text=answer, supported=False, score=confidence, evidence=None, reasons=missing
        )
        return Scored(
            confidence=confidence,
            semantic_score=semantic,
            grounding_score=grounding,
            claims=(whole,),
            language="und",
        )

    def _cosine(self, answer: str, context: str) -> float:
        first, second = (one.pooled for one in self._encoder.encode([self._cut(answer), self._cut(context)]))
        return float(first @ second)

    def _cut(self, text: str) -> str:
        offsets, longest = self._encoder.pieces(text), self._encoder.longest
        return text if len(offsets) <= longest else text[: int(offsets[longest - 1][1])]


def _terms(text: str) -> list[tuple[int, str]]:
    """Return position and text of each term, its punctuation stripped."""
    found, position = [], 0
    for word in text.split():
        position = text.index(word, position)
        term = word.strip(_PUNCTUATION)
        if len(term) >= _TERM:
            found.append((position + word.index(term), term))
        position += len(word)
    return found


def _missing(terms: Sequence[tuple[int, str]], context: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(kind="unlike", start=start, end=start + len(term), message=f"unlike: no {term!r} in the context")
        for start, term in terms
        if term.lower() not in context
    )


def method(embedding_model: str | None = None, *, cache: int = 0, cache_dir: Path | None = None) -> Seed:
    """Return the method; see `Seed`."""
    return Seed(embedding_model, cache=cache, cache_dir=cache_dir)
