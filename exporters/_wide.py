"""Tables on paper: how wide each column is, and in how many parts a table stands whose columns do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from otel_cert.report.model import Table
from otel_cert.report.words import Words

_LONGEST_WORD = 16
"""Characters; a longer word is broken."""
_GAP = 2
"""Characters between two columns."""
_NORMAL, _SMALL = 90, 110
"""Characters of a line of A4 between its margins, at the size of a table's text and at the smaller one."""
_MOST_ROWS_TOGETHER, _MOST_CHARACTERS_TOGETHER = 16, 1600
"""A table up to this size stays on one page."""
_RUNNING = 1.2
"""Characters of running text in the place of one of a word, which may be of wide letters."""
_MOST_EMPTY = 2
"""Cells beside a label that may be empty because there is nothing to say."""
_STEP = 2
"""Characters that a column is widened by at a time."""
_MOST_ROWS_WEIGHED = 250
"""Of a longer table every n-th row is enough to find the widths."""


def parts(table: Table, words: Words) -> tuple[Table, ...]:
    """Return the table, or tables of some of its columns each with the first one repeated, none wider than a page."""
    needed = [_needed(table, index) for index in range(len(table.columns))]
    if sum(needed) <= _SMALL:
        return (table,)
    groups: list[list[int]] = [[]]
    for index in range(1, len(needed)):
        if groups[-1] and needed[0] + sum(needed[i] for i in (*groups[-1], index)) > _SMALL:
            groups.append([])
        groups[-1].append(index)
    whole = (_part(table, [0, *group]) for group in groups)
    return tuple(
        replace(part, caption=f"{part.caption} ({words['continued']})") if index else part
        for index, part in enumerate(whole)
    )


def is_small(table: Table) -> bool:
    """Return whether a table fits a page only in smaller type."""
    return sum(_needed(table, index) for index in range(len(table.columns))) > _NORMAL


def stays_together(table: Table) -> bool:
    """Return whether a table is short enough to stand on one page."""
    characters = sum(len(cell) for row in table.rows for cell in row)
    return len(table.rows) <= _MOST_ROWS_TOGETHER and characters <= _MOST_CHARACTERS_TOGETHER


def is_blank(row: Sequence[str]) -> bool:
    """Return whether a row has a label and nothing in several columns: that is written by hand, and needs the room."""
    return len(row) > _MOST_EMPTY + 1 and bool(row[0]) and not any(row[1:])


def shares(table: Table) -> list[float]:
    """Return each column's part of the width: what its longest word needs, and more where that makes rows less tall.

    What is left after the longest words goes, a few characters at a time, to the column that makes the rows of the whole
    table tallest; a single long cell among many short ones gets no wide column.
    """
    widths = [float(_needed(table, index)) for index in range(len(table.columns))]
    spare = (_SMALL if is_small(table) else _NORMAL) - sum(widths)
    every = max(1, len(table.rows) // _MOST_ROWS_WEIGHED)
    rows = [[len(cell) / _RUNNING + _GAP for cell in row] for row in table.rows[::every]]
    for _ in range(int(spare) // _STEP):
        gains = _gains(rows, widths)
        if not any(gains):
            break
        widths[gains.index(max(gains))] += _STEP
    return [width / sum(widths) for width in widths]


def _gains(rows: Sequence[Sequence[float]], widths: Sequence[float]) -> list[float]:
    """Return how many lines a step more would take off the rows of which each column is the tallest."""
    gains = [0.0] * len(widths)
    for lengths in rows:
        heights = [length / width for length, width in zip(lengths, widths, strict=True)]
        tallest = heights.index(max(heights))
        if (lines := heights[tallest]) > 1:
            gains[tallest] += lines - max(1.0, lengths[tallest] / (widths[tallest] + _STEP))
    return gains


def _part(table: Table, chosen: list[int]) -> Table:
    columns = tuple(table.columns[i] for i in chosen)
    return replace(table, columns=columns, rows=tuple(tuple(row[i] for i in chosen) for row in table.rows))


def _needed(table: Table, index: int) -> int:
    heading = 1 + _longest_word([table.columns[index].header])  # it is bold
    longest = max(heading, _longest_word(row[index] for row in table.rows))
    return max(4, min(longest, _LONGEST_WORD)) + _GAP


def _longest_word(cells: Iterable[str]) -> int:
    return max((len(word) for cell in cells for word in cell.split()), default=0)
