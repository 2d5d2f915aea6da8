"""Where tokens stand in the texts of an answer, and so which are reasoning and which ask for a tool.

Tokens are bytes, and a character may need several. Their texts are put together as bytes and looked for in the texts of
the answer; what no text has, such as marks of a chat template, has no place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_ESCAPED = re.compile(r"(?:bytes:)?((?:\\x[0-9a-f]{2})+)")
"""How OpenAI spells a token that is no whole characters."""


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of a text of the answer."""

    kind: str
    """`text`, `reasoning` or `tool_call`."""
    start: int
    """First character, from `base` of its part on."""
    end: int
    """Behind the last character; a character of several tokens belongs to each."""


@dataclass(frozen=True, slots=True)
class Part:
    """A text of the answer; `base` is added to places in it."""

    kind: str
    text: str
    base: int = 0


def locate(tokens: Sequence[str | None], parts: Sequence[Part]) -> list[Place | None]:
    """Return the place of each token; None where it has none, or where tokens were not recorded."""
    places: list[Place | None] = [None] * len(tokens)
    if not tokens or any(token is None for token in tokens):
        return places
    pieces = [_bytes(token or "") for token in tokens]
    ends = np.cumsum([len(piece) for piece in pieces])
    starts = ends - [len(piece) for piece in pieces]
    for part, first, last, shift in _found(b"".join(pieces), parts):
        characters = _characters(part.text)
        for at in np.flatnonzero((starts < last) & (ends > first)).tolist():
            low, high = max(int(starts[at]), first) + shift, min(int(ends[at]), last) + shift
            start, end = characters[low], characters[high - 1] + 1
            places[at] = Place(part.kind, part.base + int(start), part.base + int(end))
    return places


def _found(said: bytes, parts: Sequence[Part]) -> Iterator[tuple[Part, int, int, int]]:
    """Yield (part, first, last, shift) of bytes of the tokens that are bytes `first + shift` ... of the part.

    Parts follow each other. A text that occurs several times is the last of them: what precedes it was thought, not said.
    """
    after = 0
    for part in parts:
        wanted = part.text.encode("utf-8", "surrogatepass")
        if not wanted:
            continue
        at = said.rfind(wanted, after) if part.kind == "text" else said.find(wanted, after)
        if at >= 0:
            yield part, at, at + len(wanted), -at
            after = at + len(wanted)
        elif not after and (inside := wanted.find(said)) >= 0 and wanted.find(said, inside + 1) < 0:
            yield part, 0, len(said), inside  # the tokens are a part of the text
            return


def _characters(text: str) -> np.ndarray:
    """Return for each byte of a text the number of its character."""
    if text.isascii():
        return np.arange(len(text))
    return np.repeat(np.arange(len(text)), [len(c.encode("utf-8", "surrogatepass")) for c in text])


def _bytes(token: str) -> bytes:
    escaped = _ESCAPED.fullmatch(token)
    if escaped:
        return bytes.fromhex(escaped[1].replace("\\x", ""))
    return token.encode("utf-8", "surrogatepass")
