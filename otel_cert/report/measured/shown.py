"""Answers as blocks: each figure knows its cell, each block its n, evidence, window and method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from otel_cert.questions import Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Chart, Column, Figure, Figures, Source, Table
from otel_cert.report.tables import Row, Shown

SUPPRESSED = "fewer than 10"
CENSUS = "Counted over all stored calls of the window; no sample was drawn."
WILSON = (
    "Share of the calls of which it is known; Wilson score interval at 95 % for as many independent calls as these"
    " users, else conversations, else traces, are worth."
)


Bounds = tuple[float | None, float | None]
"""Of an interval of a share; None where there is none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How often each value of an aspect was observed."""

    counts: Mapping[str | None, int]
    answer: Answer
    """What it rests on."""
    n: int | None = None
    """What was counted; None = the calls of the window."""
    method: str = CENSUS
    note: str = ""
    counted: str = "Calls"
    """Heading of the counts."""
    bounds: Mapping[str | None, Bounds] = field(default_factory=dict)
    """95 % interval of each value's share; none where nothing was drawn."""


def bounds(low: float | None, high: float | None) -> str:
    """Return the two bounds of a fraction as percentages."""
    return text.UNKNOWN if low is None or high is None else f"{text.share(low)} to {text.share(high)}"


def interval(header: str, low: str, high: str) -> Shown:
    """Return the column of an interval of a share."""
    return Shown(header, lambda row: bounds(row[low], row[high]))


def table(
    context: Context,
    caption: str,
    answer: Answer,
    columns: Sequence[Shown],
    *,
    rows: Iterable[Row] | None = None,
    n: int | None = None,
    note: str = "",
    method: str = CENSUS,
) -> Table:
    """Return a table of the answer's rows, or of those given."""
    shown = answer.dicts() if rows is None else rows
    cells = tuple(tuple(column.form(row) for column in columns) for row in shown)
    heads = tuple(Column(c.header, "right" if c.align == "right" else "left") for c in columns)
    return Table(caption, heads, cells, context.source(answer, n, method), note)


def figure(
    context: Context,
    answer: Answer,
    label: str,
    column: str,
    form: Callable[[Any], str],
    *,
    row: int = 0,
    n: int | None = None,
    unit: str = "",
    note: str = "",
    method: str = CENSUS,
) -> Figure:
    """Return the figure that one cell of the answer holds; `form` is one of `text.FORMS`, else nobody can check it."""
    if form not in text.FORMS:
        raise ValueError(f"{form} is none of text.FORMS")
    value = answer.rows[row][answer.columns.index(column)]
    return Figure(label, form(value), context.source(answer, n, method), unit, note, (row, column))


def numbered(answer: Answer, **wanted: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (number, row) of the answer's rows that have these values."""
    for number, row in enumerate(answer.dicts()):
        if all(row[name] == value for name, value in wanted.items()):
            yield number, row


def of(hits: int, n: int, noun: str, row: Mapping[str, Any], low: str = "share_low", high: str = "share_high") -> str:
    """Say numerator, denominator and interval of a share."""
    if row[low] is None or row[high] is None:
        return f"{hits:,} of {text.plural(n, noun)}; of a single user or conversation there is no interval"
    return f"{hits:,} of {text.plural(n, noun)}; 95 % interval {bounds(row[low], row[high])}"


def completed(context: Context, blocks: Sequence[Block], method: str) -> tuple[Block, ...]:
    """Return blocks of the sections that other reports share, with the window and the method where they lack them."""

    def source(given: Source) -> Source:
        return replace(given, window=given.window or context.window, method=given.method or method)

    def complete(block: Block) -> Block:
        match block:
            case Figures():
                return Figures(tuple(replace(item, source=source(item.source)) for item in block.items))
            case Table() | Chart() if block.source is not None:
                return replace(block, source=source(block.source))
        return block

    return tuple(map(complete, blocks))
