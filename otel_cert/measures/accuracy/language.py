"""Which language a text is: by its frequent words and its letters, always with the same result.

Only languages with rules are named. A model for languages would know more of them, but there would be nothing to do with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from otel_cert.measures.accuracy.vocabulary import LANGUAGES, UNDETERMINED, fold, load, vocabulary

MOST_WORDS = 400
"""Words that are looked at, of all texts together: more do not say more."""
LEAST_SHARE = 0.12
"""Share of frequent words that a text has at least; running text has 0.35 to 0.5, names and lists fewer."""
_LONGEST = 12
"""Characters that a word takes at most on average, with what follows it."""
LETTER_WEIGHT = 0.5
"""A word with a letter of one language counts as half a frequent word."""

ELIDED_WEIGHT = 0.75
"""So does one with `l'` or `d'` before it, for French: Italian elides as well."""

# One letter by itself behind a number, the `m` of `25 m`, is a unit and no word.
_WORD = re.compile(
    r"[^\W\d_]{2,}(?:['’][^\W\d_]+)?|[^\W\d_]['’][^\W\d_]+|(?<!\d)(?<!\d.)[^\W\d_](?![^\W\d_])", re.DOTALL
)


def language_of(*texts: str) -> str:
    """Return the language of the texts together: `en`, `es`, `de`, `fr`, or `und` for every other.

    Text in plain Latin letters that shows no language, e.g. a name, is read by the English rules.
    """
    found = _looked_at(texts)
    scores: dict[str, float] = defaultdict(float)
    frequent, letters = _frequent(), _letters()
    latin = 0
    for word in found:
        latin += word[0] < "\u0250"
        for name in frequent.get(word, ()):
            scores[name] += 1
        if "'" in word and "fr" in frequent.get(word[: word.index("'") + 1], ()):
            scores["fr"] += ELIDED_WEIGHT
        if not word.isascii():
            for letter in letters.keys() & set(word):
                scores[letters[letter]] += LETTER_WEIGHT
    if not found or latin * 2 < len(found):
        return UNDETERMINED
    ascii_only = all(word.isascii() for word in found)
    best = _best(scores, found)
    if best in LANGUAGES and scores[best] >= LEAST_SHARE * len(found):
        return best
    return _weak(scores, ascii_only)


def _best(scores: Mapping[str, float], words: list[str]) -> str | None:
    """Return the language that scores most; of several, one with rules, then by what the words end in."""
    most = max(scores.values(), default=0)
    best = [name for name, score in scores.items() if score == most]
    if len(best) < 2:
        return best[0] if best else None
    return max(best, key=lambda name: (name in LANGUAGES, _ended(words, name), name == "en", name))


def _ended(words: list[str], name: str) -> float:
    """Return how many words end as those of a language do; it decides between languages that score the same."""
    known = vocabulary(name)
    if known is None:
        return 0
    sure, weak = tuple(known.endings.sure), tuple(known.endings.weak)
    return sum((word.endswith(sure) or word.endswith(weak) / 2) for word in words if len(word) > 3)


def _weak(scores: Mapping[str, float], ascii_only: bool) -> str:
    others = max((score for name, score in scores.items() if name != "en"), default=0)
    return "en" if ascii_only and others <= max(1, scores.get("en", 0)) else UNDETERMINED


def _looked_at(texts: tuple[str, ...]) -> list[str]:
    """Return as many words of each text, folded but for acronyms: `IT` and `WHO` are not the words of these letters."""
    most = max(MOST_WORDS // max(1, len(texts)), 1)
    found = []
    for text in texts:
        words = _WORD.findall(text[: most * _LONGEST])[:most]
        found += [fold(word) if len(word) == 1 or not word.isupper() else word for word in words]
    return found


@cache
def _frequent() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for name in LANGUAGES:
        known = vocabulary(name)
        for word in known.stop_words if known else ():
            found.setdefault(word, set()).add(name)
            if len(word) > len("d'"):  # a letter by itself is no French word: vitamin C
                found.setdefault(word.rstrip("'"), set()).add(name)
    for name, listed in load("others").items():
        for word in fold(listed).split():
            found.setdefault(word, set()).add(name)
    return {word: tuple(sorted(names)) for word, names in found.items()}


@cache
def _letters() -> dict[str, str]:
    return {letter: name for name in LANGUAGES if (known := vocabulary(name)) for letter in known.letters}
