"""The method `aligned`: every word of the answer is looked for in the context, and rules look for what is said otherwise.

1. Answer and context are parsed (sentences, words, stems), and every word gets a vector from MiniLM, in windows that the
   model reads whole; nothing is cut off.
2. A word is supported by the same stem wholly, by another word as far as the vectors agree (`support.py`).
3. From that follow a dozen figures of an answer, each between 0 and 1 (`features.py`), and the findings of the rules.
4. A weighted sum of them, fitted on openly licensed texts (`weights.yaml`), becomes a number between 0 and 1: for the
   whole, and for each sentence by itself. The confidence of an answer is halfway between its whole and its worst sentence.

Whether a true sentence answers the question is seen only for short answers, by where the answer's words stand. What nobody
wrote in the context, such as knowledge of the world, sarcasm, or the sums of a table, is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from otel_cert.measures.accuracy import model
from otel_cert.measures.accuracy.claims import claims
from otel_cert.measures.accuracy.embedded import embed
from otel_cert.measures.accuracy.features import Compared, compare
from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.method import NotScored, texts
from otel_cert.measures.accuracy.result import Scored
from otel_cert.measures.accuracy.rules import parsed_findings
from otel_cert.measures.accuracy.source import Source
from otel_cert.measures.accuracy.words import parse
from otel_cert.scoring.shared import shared_encoder

_SOURCES = 4
"""Contexts that are kept ready: answers on the same context often follow each other."""


class Aligned:
    """Scores by alignment; safe for several threads."""

    name = "aligned"

    def __init__(
        self,
        embedding_model: str | None = None,
        *,
        language: str | None = None,
        threads: int = 1,
        cache: int = 0,
        cache_dir: Path | None = None,
    ) -> None:
        """Load nothing yet.

        Args:
            embedding_model: a folder or hub name; the installed MiniLM when not given.
            language: `en`, `es`, `de`, `fr` or `und`; found from the texts when not given.
            threads: of the processor.
            cache: bytes of vectors that are kept on disk, for all processes.
            cache_dir: where; the XDG cache folder when not given.

        """
        self._encoder = shared_encoder(embedding_model, threads=threads, disk=cache, folder=cache_dir)
        self._language = language
        self._source = lru_cache(maxsize=_SOURCES)(self._ready)

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the method, its weights, the model and its runtime."""
        return {"aligned": model.VERSION, "weights": model.weights().sha256, **self._encoder.versions}

    @property
    def threshold(self) -> tuple[float, str]:
        """Return the default threshold, and what it was chosen on."""
        weights = model.weights()
        return weights.threshold, weights.chosen_on

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:
        """Return the support of the answer by the chunks.

        Raises:
            NotScored: the answer or the context is blank, or has no words.

        """
        compared = self.compare(answer, context, question)
        whole = compared.whole
        return Scored(
            confidence=model.confidence(whole, [part.features for part in compared.parts]),
            semantic_score=whole["near"],
            grounding_score=whole["lexical"],
            claims=tuple(claims(compared, context)),
            language=compared.language,
            details={"features": whole},
        )

    def compare(self, answer: str, context: Sequence[str], question: str | None = None) -> Compared:
        """Return all that is measured before it is weighed; see `score`."""
        chunks = texts(answer, context)
        language = self._language or language_of(answer, *chunks)
        source = self._source(tuple(context), language)
        given = [answer] if question is None or not question.strip() else [answer, question]
        embedded = embed([parse(text, language) for text in given], self._encoder)
        if not embedded[0].parsed.words or not source.places:
            raise NotScored("the answer has no words" if source.places else "the context has no words")
        asked = embedded[1] if len(embedded) > 1 and embedded[1].parsed.words else None
        findings = parsed_findings(embedded[0].parsed, source.context, asked.parsed if asked else None)
        return compare(embedded[0], source, findings, asked)

    def _ready(self, chunks: tuple[str, ...], language: str) -> Source:
        return Source(embed([parse(chunk, language) for chunk in chunks], self._encoder))


def method(
    embedding_model: str | None = None,
    *,
    language: str | None = None,
    threads: int = 1,
    cache: int = 0,
    cache_dir: Path | None = None,
) -> Aligned:
    """Return the method; see `Aligned`."""
    return Aligned(embedding_model, language=language, threads=threads, cache=cache, cache_dir=cache_dir)
