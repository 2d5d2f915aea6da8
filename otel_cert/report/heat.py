"""A text with how much each of its tokens surprised: levels, and lines with marks below for where there is no colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LIMITS = (0.5, 0.1, 0.01)
"""Probabilities below which a token is of the next level."""
MARKS = (" ", ".", "o", "#")
"""Mark of each level, from sure to unlikely."""
UNKNOWN = "?"
HIDDEN = "\N{BLACK SMALL SQUARE}"
"""Stands for a token whose text was not recorded."""
_SHOWN = {"\n": "\N{RETURN SYMBOL}\n", "\t": "\N{RIGHTWARDS ARROW} "}


class Cell(NamedTuple):
    """A piece of the text; no level = nothing is known of it."""

    text: str
    level: int | None


def cells(tokens: Sequence[str | None] | None, surprisal: Sequence[float | None]) -> list[Cell]:
    """Return a cell per token: its text, with control characters made visible, and its level.

    Args:
        tokens: texts; None = not recorded.
        surprisal: nats per token; None = unknown.

    """
    texts = tokens if tokens is not None else [None] * len(surprisal)
    return [Cell(_visible(text), level(value)) for text, value in zip(texts, surprisal, strict=True)]


def level(surprisal: float | None) -> int | None:
    """Return how many of LIMITS the probability is below."""
    return None if surprisal is None else sum(surprisal > -math.log(limit) for limit in LIMITS)


def marked(found: Sequence[Cell], width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of the text, and for each the marks that stand below its characters.

    Args:
        found: cells of the text.
        width: columns of a line.

    """
    from rich.cells import cell_len

    line, marks, used = "", "", 0
    for cell in found:
        mark = UNKNOWN if cell.level is None else MARKS[cell.level]
        for character in cell.text:
            columns = cell_len(character)
            if character == "\n" or used + columns > width:
                yield line, marks.rstrip()
                line, marks, used = "", "", 0
            if character != "\n":
                line, marks, used = line + character, marks + mark * columns, used + columns
    if line:
        yield line, marks.rstrip()


def legend() -> str:
    """Say what the levels are."""
    below = ", ".join(f"{mark} p < {limit:g}" for mark, limit in zip(MARKS[1:], LIMITS, strict=True))
    return f"{below}, {UNKNOWN} unknown"


def _visible(text: str | None) -> str:
    if text is None:
        return HIDDEN
    return "".join(
        _SHOWN.get(c) or (c if c.isprintable() else c.encode("unicode_escape", "replace").decode()) for c in text
    )
