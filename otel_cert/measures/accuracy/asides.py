"""Sentences of an answer that claim nothing: its context can neither support them nor be against them.

Questions, introductions to a list, courtesies, the advice to ask a professional, and what the sources are said not to
contain; only the first where a rule found something.
"""

from __future__ import annotations

from collections.abc import Sequence

from otel_cert.measures.accuracy.vocabulary import Vocabulary, vocabulary
from otel_cert.measures.accuracy.words import Parsed, Sentence

_ASKS, _INTRODUCES = ("?", "？", "؟"), (":", "：")  # noqa: RUF001 - the marks of other scripts
_CLOSING = " \n\t\"'”’»)*_"


def claiming(answer: Parsed, found: Sequence[int]) -> list[Sentence]:
    """Return the sentences of an answer that claim something.

    Args:
        answer: the answer.
        found: where what rules found begins, in characters.

    """
    known = vocabulary(answer.language)
    return [sentence for sentence in answer.sentences if _claims(answer, sentence, known, found)]


def _claims(answer: Parsed, sentence: Sentence, known: Vocabulary | None, found: Sequence[int]) -> bool:
    text = answer.text[sentence.start : sentence.end].rstrip(_CLOSING)
    if text.endswith(_ASKS):
        return False
    if any(sentence.start <= at < sentence.end for at in found):
        return True
    return not text.endswith(_INTRODUCES) and (known is None or not _aside(answer, sentence, known))


def _aside(answer: Parsed, sentence: Sentence, known: Vocabulary) -> bool:
    words = [word.folded for word in answer.words_of(sentence)]
    said = set(words)
    if said & known.sources and said & known.says and said & known.negation.words:
        return True
    line = f" {' '.join(words)} "
    return any(f" {' '.join(phrase)} " in line for phrase in known.courtesies)
