"""Where the sentences of a text are, in any language and with a document's lists, headings and line breaks."""

from __future__ import annotations

import re

from otel_cert.measures.accuracy.vocabulary import every_abbreviation, fold, vocabulary

_CLOSING = "\"'”’»›)\\]*_`」』）】"
_BOUNDARY = re.compile(rf"(?P<line>\n)|(?P<wide>[。！？｡]+[{_CLOSING}]*)|(?P<stop>[.!?…؟۔।]+)[{_CLOSING}]*(?=\s|$)")
_BULLET = re.compile(r"[ \t]*(?:[-*+•‣◦▪·–—|>#]|\d{1,3}[.)][ \t]|[A-Za-z][.)][ \t]|\[\d{1,3}\])")
_LAST_WORD = re.compile(r"(?:[^\W_]+\.)*[^\W_]+\Z|\Z")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_FIRST_WORD = re.compile(r"[^\W\d_]+|.")
_WRAPPED = 60
"""Characters of a line that may go on in the next one; shorter lines are headings, items or verses."""
_LOOK_BACK = 24
"""Characters before a full stop in which an abbreviation may stand."""


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Return the spans (start, end) of sentences: in order, apart, and together with every character that is not space."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if _ends(text, start, match, language):
            _add(found, text, start, match.end())
            start = match.end()
    _add(found, text, start, len(text))
    return found


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append((start, end))


def _ends(text: str, start: int, match: re.Match[str], language: str) -> bool:
    if match["line"]:
        return _line_ends(text, start, match.start())
    if match["wide"]:
        return True
    return _stop_ends(text, start, match, language)


def _line_ends(text: str, start: int, at: int) -> bool:
    following = text[at + 1 : at + 64].lstrip(" \t\r")
    if not following or following[0] == "\n" or _BULLET.match(following):
        return True
    line = max(start, text.rfind("\n", start, at) + 1)
    if _BULLET.match(text, line) and text[line : line + 8].lstrip().startswith(("#", "|")):
        return True
    return at - line < _WRAPPED and not following[0].islower()


def _stop_ends(text: str, start: int, match: re.Match[str], language: str) -> bool:
    following = _next_word(text, match.end())
    if following[:1].islower():
        return False
    if match["stop"] != ".":
        return True
    before = _LAST_WORD.search(text[max(start, match.start() - _LOOK_BACK) : match.start()])
    word = before[0] if before else ""
    if not word:
        return True
    if word.isdigit():
        # An item's number at the start of a line, or a German ordinal: `am 3. Oktober`.
        opens_line = not text[max(start, match.start() - _LOOK_BACK) : match.start() - len(word)].strip(" \t#*>-")
        return not (opens_line and len(word) <= 3) and not (language == "de" and len(word) <= 2)
    known = vocabulary(language)
    if known and fold(following) in known.stop_words:
        return True  # `... of the U.S. The next ...`
    if word.isupper() and _INITIALS.fullmatch(word):
        return False
    return fold(word) not in (known.abbreviation_parts if known else every_abbreviation())


def _next_word(text: str, at: int) -> str:
    """Return the word that follows on the same line, or its first character."""
    end = min(len(text), at + _LOOK_BACK)
    while at < end and (text[at].isspace() or text[at] in "\"'“„«‹(*_¿¡"):
        if text[at] == "\n":
            return ""
        at += 1
    match = _FIRST_WORD.match(text, at, end)
    return match[0] if match else ""
