"""Tokens to text, one at a time, so that the parts make up the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_PARTIAL = "\ufffd"
"""What tokenizers write for a character whose bytes are not complete."""


class Spelling:
    """The text of one answer as it grows.

    A token is read behind its neighbour, for many tokenizers tell only from that whether a space comes before it; the
    bytes of a character are held until it is complete.
    """

    def __init__(self, read: Callable[[Sequence[int]], str]) -> None:
        """`read` returns the text of tokens, special ones left out."""
        self._read = read
        self._ids: list[int] = []
        self._before = self._behind = 0

    def add(self, token: int) -> str:
        """Return what a token adds to the text; empty when more is needed to know."""
        self._ids.append(token)
        more = self._more()
        if more.endswith(_PARTIAL):
            return ""
        self._before, self._behind = self._behind, len(self._ids)
        return more

    def rest(self) -> str:
        """Return what was held and is never completed."""
        more = self._more()
        self._before, self._behind = self._behind, len(self._ids)
        return more

    def _more(self) -> str:
        known = self._read(self._ids[self._before : self._behind]) if self._behind > self._before else ""
        return self._read(self._ids[self._before :])[len(known) :] if len(self._ids) > self._before else ""
