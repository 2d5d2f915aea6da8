"""Windows over a text that is longer than what a model reads at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Window(NamedTuple):
    """Tokens `start` to `end` are read to score the tokens `first` to `end`, each from those before it."""

    start: int
    first: int
    end: int
    """Behind the last; that token itself is scored and need not be read."""


def windows(total: int, first: int, longest: int, stride: int, keep: int = 0) -> Iterator[Window]:
    """Yield windows in which each token from `first` to `total` is scored once.

    The first one scores all that fit behind the prompt, or `stride` tokens where that is more; the others `stride` each,
    so that every token has all tokens before it as context, or at least `longest - stride + 1` of them.

    Args:
        total: tokens of prompt and answer.
        first: the first token of the answer, at least 1.
        longest: tokens that the model reads at once.
        stride: tokens of the answer by which windows move on, at most `longest - keep`.
        keep: tokens at the start of the text that are read in every window, where they are not in it anyway.

    """
    at = first
    while at < total:
        end = min(total, max(longest + 1, at + stride) if at == first else at + stride)
        start = 0 if end - 1 <= longest else end - 1 - (longest - keep)
        yield Window(start, at, end)
        at = end
