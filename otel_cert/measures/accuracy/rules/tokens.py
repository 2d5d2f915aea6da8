"""Splits a text into what numbers and dates are made of: digit strings, words, signs."""

from __future__ import annotations

import re
from typing import NamedTuple

VULGAR = {
    "½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5, "⅖": 2 / 5, "⅗": 3 / 5, "⅘": 4 / 5,
    "⅙": 1 / 6, "⅚": 5 / 6, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8,
}  # fmt: skip
HYPHENS = frozenset("-‐‑–—−")  # noqa: RUF001 - the hyphens, dashes and minus that texts use

# Groups of three digits may stand apart by one space; every other mark between digits is kept for `numerals` to read.
# Each alternative consumes what it looked at, so the time is linear in the text.
_TOKEN = re.compile(
    rf"(?P<W>[^\W\d_{''.join(VULGAR)}]+)"
    r"|(?P<N>\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,'’٫٬]\d+)*)"  # noqa: RUF001
    rf"|(?P<V>[{''.join(VULGAR)}])"
    r"|(?P<S>[^\w\s])"
)


class Token(NamedTuple):
    """A digit string (kind N), a vulgar fraction (V), a word of letters (W) or another sign (S)."""

    kind: str
    start: int
    end: int
    lower: str
    """Its characters in lower case."""


_new = tuple.__new__


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text in their order; white space and underscores are none."""
    lower = text.lower()
    if len(lower) == len(text):
        # As `Token(...)`, in half the time.
        return [
            _new(Token, (match.lastgroup, match.start(), match.end(), match[0])) for match in _TOKEN.finditer(lower)
        ]
    # A few letters, e.g. a Turkish capital I with its dot, are longer in lower case.
    return [Token(match.lastgroup or "", *match.span(), match[0].lower()) for match in _TOKEN.finditer(text)]
