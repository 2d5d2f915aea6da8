"""Splits a text into what numbers and dates are made of: digit strings, words, signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


_APART = re.compile(r"\d [.,] ?\d|\d[.,] \d")
_TIGHT = re.compile(r"\d[.,]\d")


def joined(text: str, tokens: Sequence[Token]) -> list[Token] | None:
    """Return the tokens with numbers read as one whose marks stand apart, `3 , 500` and `98. 7`; None = there are none.

    Older corpora are written so. It is a second reading: `3, 500` may be two numbers as well. Where the text has a number
    whose mark does not stand apart, only marks with a space on both sides are read so.
    """
    if not _APART.search(text):
        return None
    loose = not _TIGHT.search(text)
    found: list[Token] = []
    at, changed = 0, False
    while at < len(tokens):
        token = tokens[at]
        while token.kind == "N" and at + 2 < len(tokens) and _continues(token, tokens[at + 1], tokens[at + 2], loose):
            token = Token(
                "N", token.start, tokens[at + 2].end, token.lower + tokens[at + 1].lower + tokens[at + 2].lower
            )
            at, changed = at + 2, True
        found.append(token)
        at += 1
    return found if changed else None


def _continues(token: Token, mark: Token, behind: Token, loose: bool) -> bool:
    """Whether a mark and the digits behind it go on with a number."""
    if behind.kind != "N" or mark.lower not in (".", ",") or not behind.lower.isdecimal():
        return False
    before, after = mark.start - token.end, behind.start - mark.end
    if before > 1 or after > 1 or not (before or after) or not (before or loose):
        return False
    head = token.lower
    last = head[max(head.rfind("."), head.rfind(",")) + 1 :]
    if len(head) > _LONGEST or len(last) > 3 or " " in head:
        return False
    thousands = len(behind.lower) == 3 and "." not in head
    return thousands if mark.lower == "," else "." not in head and len(behind.lower) <= 3


_LONGEST = 20
