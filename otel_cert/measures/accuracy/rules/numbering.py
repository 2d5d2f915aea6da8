"""Numbers that number: items of a list, sources, parts of an answer, tables and articles."""

from __future__ import annotations

from collections.abc import Sequence

from otel_cert.measures.accuracy.rules.lexicon import Lexicon
from otel_cert.measures.accuracy.rules.tokens import HYPHENS, Token

_CITED = 24  # tokens of a list of sources
_CITING = HYPHENS | {",", ";"}
_SMALL = 30  # no list is numbered further inside a line


def is_marker(text: str, tokens: Sequence[Token], i: int) -> bool:
    """Whether the digits at `i` number a list item or cite a source: `1. `, `2)`, `[3]`."""
    before = tokens[i - 1] if i else None
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if before and before.lower in "[,;" and _cites(tokens, i):
        return True
    return (
        _opens_line(text, tokens[i].start) and after is not None and after.lower in ".):" and _spaced(text, after.end)
    )


def _cites(tokens: Sequence[Token], i: int) -> bool:
    """Whether the digits at `i` are in brackets with nothing but others: `[3]`, `[1, 2]`."""
    first, behind = i, i + 1
    while first > 0 and i - first < _CITED and _is_source(tokens[first]):
        first -= 1
    while behind < len(tokens) and behind - i < _CITED and _is_source(tokens[behind]):
        behind += 1
    return tokens[first].lower == "[" and behind < len(tokens) and tokens[behind].lower == "]"


def _is_source(token: Token) -> bool:
    return token.lower in _CITING or (token.kind == "N" and len(token.lower) <= 3)


def _opens_line(text: str, at: int) -> bool:
    start = text.rfind("\n", max(0, at - 12), at) + 1
    if start == 0 and at > 11:
        return False
    return not text[start:at].strip(" \t*#->(•")


def _spaced(text: str, end: int) -> bool:
    return end >= len(text) or text[end].isspace() or text[end] == "*"


def reference(tokens: Sequence[Token], i: int, words: Lexicon) -> str:
    """Return the word that a number belongs to as a name: "Table 4", "Article 12", "No. 5"."""
    j = i - 2 if i > 1 and tokens[i - 1].lower in ".#" else i - 1
    if j < 0 or tokens[i].kind != "N" or not tokens[i].lower.isdigit():
        return ""
    word = tokens[j].lower
    singular = word.removesuffix("s")
    return word if word in words.references else singular if singular in words.references else ""


def numbers_parts(text: str, tokens: Sequence[Token], i: int, behind: int, value: float, words: Lexicon) -> bool:
    """Whether a bare number counts or numbers the answer's own parts: "three reasons", "Step 2", "(1)", ": 2. Next"."""
    before = tokens[i - 1].lower if i else ""
    if before in words.numbering or before == "#" or (before.endswith("s") and before[:-1] in words.numbering):
        return True
    if value > _SMALL:
        return False
    if any(token.lower in words.counted for token in tokens[behind : behind + 2]):
        return True
    after = tokens[behind].lower if behind < len(tokens) else ""
    if before == "(" and after == ")":
        return True
    if before == ":" and i > 1 and tokens[i - 2].kind == "N" and tokens[i - 1].start == tokens[i - 2].end:
        return False  # 3:1
    return (
        tokens[i].kind == "N"
        and before in ".:;,)"
        and after in ".)"
        and after != ""
        and _spaced(text, tokens[behind].end)
    )
