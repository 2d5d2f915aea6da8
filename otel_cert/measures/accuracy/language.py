"""Which language a text is: by its frequent words and its letters, always with the same result.

Only languages with rules are named. A model for languages would know more of them, but there would be nothing to do with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice

from otel_cert.measures.accuracy.vocabulary import LANGUAGES, UNDETERMINED, fold, load, vocabulary

MOST_WORDS = 3_000
"""Words that are looked at, of all texts together: the rest of a long document hardly says anything else."""
LEAST_SHARE = 0.12
"""Share of frequent words that a text has at least; running text has 0.35 to 0.5, names and lists fewer."""
LETTER_WEIGHT = 0.5
"""A word with a letter of one language counts as half a frequent word."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def language_of(*texts: str) -> str:
    """Return the language of the texts together: `en`, `es`, `de`, `fr`, or `und` for every other.

    Text in plain Latin letters that shows no language, e.g. a name, is read by the English rules.
    """
    total, latin, ascii_only = 0, 0, True
    scores: dict[str, float] = defaultdict(float)
    words, letters = _frequent(), _letters()
    for word in islice(_all_words(texts), MOST_WORDS):
        total += 1
        if not word.isascii():
            ascii_only = False
            latin += word[0] < "\u0250"
            for letter in letters.keys() & set(word):
                scores[letters[letter]] += LETTER_WEIGHT
        else:
            latin += 1
        for name in words.get(word, ()):
            scores[name] += 1
    if total == 0 or latin * 2 < total:
        return UNDETERMINED
    best = max(scores, key=lambda name: (scores[name], name in LANGUAGES, name), default=None)
    if best is None:
        return "en" if ascii_only else UNDETERMINED
    return best if best in LANGUAGES and scores[best] >= LEAST_SHARE * total else _weak(scores, ascii_only)


def _weak(scores: Mapping[str, float], ascii_only: bool) -> str:
    others = max((score for name, score in scores.items() if name != "en"), default=0)
    return "en" if ascii_only and others <= max(1, scores.get("en", 0)) else UNDETERMINED


def _all_words(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        for match in _WORD.finditer(text[:20_000]):
            if len(match[0]) == 1 or not match[0].isupper():  # an acronym says nothing
                yield fold(match[0])


@cache
def _frequent() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for name in LANGUAGES:
        known = vocabulary(name)
        for word in known.stop_words if known else ():
            found.setdefault(word.rstrip("'"), set()).add(name)
            found.setdefault(word, set()).add(name)
    for name, listed in load("others").items():
        for word in fold(listed).split():
            found.setdefault(word, set()).add(name)
    return {word: tuple(sorted(names)) for word, names in found.items()}


@cache
def _letters() -> dict[str, str]:
    return {letter: name for name in LANGUAGES if (known := vocabulary(name)) for letter in known.letters}
