import csv
import io
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import click
import pytest

from otel_cert.cli._output import emit, to_json

COLUMNS = ("model", "calls", "cost")
ROWS = [("gpt-4o", 12, Decimal("0.001200")), (None, 3, None)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**100, 2**100),
        (0.1, 0.1),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (Decimal("0.10"), 0.1),
        (Decimal("0.123456789012345678"), "0.123456789012345678"),
        (Decimal("NaN"), "NaN"),
        (b"\x00\xff", "AP8="),
        (datetime(2026, 11, 1, 10, 0, 0, 5), "2026-11-01T10:00:00.000005Z"),
        (datetime(2026, 11, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2026-11-01T10:00:00Z"),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00Z"),
        (date(2026, 11, 1), "2026-11-01"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [math.nan, {"b": b"x"}], 1: (2,)}, {"a": ["NaN", {"b": "eA=="}], "1": [2]}),
    ],
)
def test_json_values(value, expected):
    found = to_json(value)
    assert found == expected
    assert type(found) is type(expected)


def test_json_is_a_list_of_objects(capsys):
    emit(COLUMNS, ROWS, "json")
    assert json.loads(capsys.readouterr().out) == [
        {"model": "gpt-4o", "calls": 12, "cost": 0.0012},
        {"model": None, "calls": 3, "cost": None},
    ]


def test_json_of_nothing_is_an_empty_list(capsys):
    emit(COLUMNS, [], "json")
    assert json.loads(capsys.readouterr().out) == []


def test_json_keeps_columns_of_one_name(capsys):
    emit(("a", "a", "a_2"), [(1, 2, 3)], "json")
    assert json.loads(capsys.readouterr().out) == [{"a": 1, "a_2": 2, "a_2_2": 3}]


@pytest.mark.parametrize("output_format", ["json", "csv"])
def test_nothing_is_capped_or_cut(capsys, output_format):
    long = "x" * 10_000
    emit(("n", "text"), ((n, long) for n in range(2_000)), output_format)
    out = capsys.readouterr().out
    rows = json.loads(out) if output_format == "json" else list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 2_000
    assert all(row["text"] == long for row in rows)


def test_csv_reads_back(capsys):
    emit(
        ("a", "b", "c", "d"),
        [('quote " comma , line\n', None, Decimal("1.50"), {"k": [1]}), (math.nan, b"x", True, 2)],
        "csv",
    )
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [
        ["a", "b", "c", "d"],
        ['quote " comma , line\n', "", "1.50", '{"k": [1]}'],
        ["NaN", "eA==", "true", "2"],
    ]


def test_markdown_escapes_and_aligns(capsys):
    emit(("text", "n"), [("a|b\nc", 1), (None, 2.5)], "markdown")
    assert capsys.readouterr().out == "| text | n |\n| --- | --: |\n| a\\|b<br>c | 1 |\n| - | 2.5 |\n"


def test_the_table_aligns_numbers_and_shows_null(capsys):
    emit(COLUMNS, ROWS)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "model    calls     cost"
    assert lines[2] == "gpt-4o      12   0.0012"
    assert lines[3] == "-            3        -"


def test_a_piped_table_keeps_each_row_on_one_line(capsys):
    emit(("text", "n"), [("long " * 100, 1)])
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_stored_text_cannot_steer_the_terminal(capsys):
    for output_format in ("table", "markdown"):
        emit(("t",), [("\x1b]0;owned\x07[bold]x[/bold]",)], output_format)
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert r"\x1b]0;owned\x07[bold]x[/bold]" in out


class Terminal(io.StringIO):
    def isatty(self):
        return True


def emitted_on_a_terminal(monkeypatch, columns, rows):
    stream = Terminal()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    emit(columns, rows)
    return click.unstyle(stream.getvalue())


def test_a_terminal_wraps_long_text_and_loses_none(monkeypatch):
    out = emitted_on_a_terminal(monkeypatch, ("text", "n"), [("x" * 150, 1)])
    assert out.count("x") == 150 + 1
    assert all(len(line) <= 60 for line in out.splitlines())


def test_more_columns_than_fit_are_shown_as_records(monkeypatch):
    out = emitted_on_a_terminal(monkeypatch, [f"column{n}" for n in range(20)], [range(20), range(20)])
    assert "row 2" in out
    assert all(f"column{n}" in out for n in range(20))
