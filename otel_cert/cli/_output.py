"""Rows on stdout, the same for every verb: `emit`.

JSON and CSV are written row by row and never capped or cut. JSON has no NaN, infinity, bytes or exact decimals: they
become `"NaN"`, `"Infinity"`, `"-Infinity"`, base64 (as in OTLP/JSON) and, only where a double would lose digits, text.
Times are ISO 8601, UTC.
"""

from __future__ import annotations

import base64
import csv
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Rows = Iterable[Sequence[object]]

_COLUMN_WIDTH = 8
"""Narrower columns are unreadable: a wider table is printed as one record per block instead."""

_UNBOUNDED = 1_000_000
"""Piped output has no width to fit: lines stay whole, so that grep and awk see whole rows."""


def emit(
    columns: Sequence[str], rows: Rows, output_format: str = "table", *, right: Sequence[bool] | None = None
) -> None:
    """Write `rows` to stdout as `table`, `json` (a list of objects), `csv` or `markdown`.

    `right` says which columns stand right in `table` and `markdown`; by default those that hold numbers only.
    """
    writers: dict[str, Callable[[Sequence[str], Rows], None]] = {
        "table": partial(_table, right=right),
        "json": _json,
        "csv": _csv,
        "markdown": partial(_markdown, right=right),
    }
    writers[output_format](columns, rows)


def document(content: Mapping[str, object]) -> None:
    """Write one JSON object to stdout."""
    sys.stdout.write(json.dumps(to_json(content), ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def to_json(value: object) -> object:
    """Return `value` in terms that `json.dumps` writes without loss."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _special(value)
        case Decimal():
            return _decimal_to_json(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case datetime():
            return _iso(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(k): to_json(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [to_json(v) for v in value]
        case _:
            return str(value)


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal_to_json(value: Decimal) -> object:
    if not value.is_finite():
        return _special(float(value))
    as_float = float(value)
    return as_float if Decimal(repr(as_float)) == value else format(value, "f")


def _iso(value: datetime) -> str:
    """Return ISO 8601 text; the store's times carry no zone and are UTC."""
    return (value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)).isoformat() + "Z"


def _dumps(value: object) -> str:
    return json.dumps(to_json(value), ensure_ascii=False, allow_nan=False)


def _json(columns: Sequence[str], rows: Rows) -> None:
    names = _unique(columns)
    separator = "[\n"
    for row in rows:
        sys.stdout.write(separator + _dumps(dict(zip(names, row, strict=True))))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _unique(columns: Sequence[str]) -> list[str]:
    """Return the names with `_2`, `_3` ... after repeated ones: an object holds each key once."""
    names: list[str] = []
    for column in columns:
        name, count = column, 2
        while name in names:
            name, count = f"{column}_{count}", count + 1
        names.append(name)
    return names


def _csv(columns: Sequence[str], rows: Rows) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(value) for value in row] for row in rows)


def _csv_cell(value: object) -> object:
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    plain = to_json(value)
    return plain if isinstance(plain, (str, float)) else _dumps(plain)


def _markdown(columns: Sequence[str], rows: Rows, right: Sequence[bool] | None) -> None:
    rows = list(rows)
    rules = ["--:" if stands_right else "---" for stands_right in right or _numeric(columns, rows)]
    for cells in (list(columns), rules, *([_text(v) for v in row] for row in rows)):
        escaped = (cell.replace("|", r"\|").replace("\n", "<br>") for cell in cells)
        sys.stdout.write("| " + " | ".join(escaped) + " |\n")


def _table(columns: Sequence[str], rows: Rows, right: Sequence[bool] | None) -> None:
    from rich.console import Console

    rows = list(rows)
    width = None if sys.stdout.isatty() else _UNBOUNDED
    console = Console(file=sys.stdout, highlight=False, width=width)
    if len(columns) * _COLUMN_WIDTH > console.width:
        _records(console, columns, rows)
    else:
        _grid(console, columns, rows, right or _numeric(columns, rows))


def _grid(console: Console, columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[bool]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, stands_right in zip(columns, right, strict=True):
        table.add_column(_cell(name), justify="right" if stands_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _records(console: Console, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from rich.table import Table

    for number, row in enumerate(rows, 1):
        console.rule(f"row {number}", align="left", characters="-")
        block = Table.grid(padding=(0, 2))
        for name, value in zip(columns, row, strict=True):
            block.add_row(_cell(name), _cell(value))
        console.print(block)


def _cell(value: object) -> Text:
    from rich.text import Text

    return Text("-", style="dim") if value is None else Text(_text(value), overflow="fold")


def _numeric(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[bool]:
    """Say for each column whether it holds numbers only."""
    types = [{type(row[i]) for row in rows} - {type(None)} for i in range(len(columns))]
    return [bool(found) and found <= {int, float, Decimal} for found in types]


def _text(value: object) -> str:
    """Return a cell for people: NULL as `-`, floats with six digits, control characters made visible."""
    if value is None:
        return "-"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.1f}"
    if isinstance(value, Decimal) and value.is_finite():
        return format(value.normalize(), "f")
    plain = to_json(value)
    return printable(plain if isinstance(plain, str) else _dumps(plain))


def printable(text: str) -> str:
    """Escape control characters: stored prompts must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
