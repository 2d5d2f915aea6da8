"""Which cells of which tables are texts of this program; all others hold numbers, names, codes and what people wrote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from otel_cert.report.forms import pattern, said, whole
from otel_cert.report.model import Column, Table
from otel_cert.report.words import Words


@dataclass(frozen=True)
class Ours:
    """Columns, by their English headers, whose cells are texts of ours, and those that hold ours beside a person's."""

    always: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()


ALL = ("*",)
_WHAT, _KIND, _FIELD, _STATE, _MEASURE = (Ours((header,)) for header in ("What", "Kind", "Field", "State", "Measure"))
CELLS: Mapping[str, Ours] = {
    "Terms": Ours(ALL),
    "Law": Ours(ALL),
    "Duties and dates of this system": Ours(ALL),
    "Dates of application; the tier of this system is not determined": Ours(ALL),
    "Transition of what was on the market before": Ours(ALL),
    "Guidance and its status": Ours(ALL),
    "Requirements by state": Ours(ALL),
    "Requirements, sections and evidence": Ours(
        ("Requirement", "Citation", "Document and section", "Evidence", "State"), ("Remark",)
    ),
    "Requirements that do not apply": Ours(("Requirement", "Citation", "Document and section", "Reason")),
    "Points of Annex IV and their state": Ours(("Point", "Title", "State"), ("Remark",)),
    "Serious incidents as declared": Ours(("Kind",)),
    "Answers that the outcome rests on": Ours(ALL),
    "Answers that would change the outcome": Ours(ALL),
    "Open questions: unknown, and each can still change the result": Ours(ALL),
    "All answers": Ours(ALL),
    "Questions without an answer that decide nothing yet: unknown, and never counted as no": Ours(ALL),
    "Fines that attach to a breach": Ours(ALL),
    "How the rules read the Act where it can be read otherwise": Ours(ALL),
    "Not measured": Ours(ALL),
    "Sign-off": Ours(ALL),
    "Evidence of the figures in this document": Ours(("Question", "Window", "Method")),
    "Plan and fact: {indicator:=}": Ours(("Threshold", "Measured", "95 % interval", "Comparison")),
    "Data set: {name:=}": Ours(("What",), ("Declared",)),
    "Incident {id:=}": Ours(("What",), ("State",)),
    "Declared and observed: services": _STATE,
    "Declared and observed: versions": _STATE,
    "Declared and observed: models asked for": _STATE,
    "Declared and observed: languages": _STATE,
    "Components seen": _KIND,
    "Sources of data": _KIND,
    "Use as it is named": _KIND,
    "Models seen and what their suppliers gave": Ours(
        (), ("Information of the supplier", "Contract", "Systemic risk", "Annex XII missing")
    ),
    "Request parameters": Ours((), ("Value",)),
    "Detected changes": Ours(("What", "Beside"), ("Service", "From", "To", "Decision")),
    "Settings that vary between calls": _WHAT,
    "Calls without what a record should hold": _FIELD,
    "What is known of the calls": _FIELD,
    "What is unknown of the calls": _FIELD,
    "Late, cut and odd spans": _WHAT,
    "Independent counters": Ours(("Counts",)),
    "Calls by day of the week, UTC": Ours(("Day",)),
    "Tokens per call": _MEASURE,
    "Length of inputs": _MEASURE,
    "Length of outputs": _MEASURE,
    "Rates by {group}": Ours(("Rate",)),
    "Drift against the baseline": Ours(("Indicator", "Typical value", "Statistic", "Alert")),
}
"""Caption, or its form where it holds data -> the columns of ours."""
BY_NAME = ("Terms",)
"""Captions of the tables whose rows stand in the order of the alphabet."""
_NUMBERED = re.compile(r"(Table|Figure) (\d+)\. (.*)", re.DOTALL)


def translated(table: Table, known: Words) -> Table:
    """Return the table with its headers and with what is ours in its cells in the language, and with its numbers so."""
    ours, (_, _, caption) = of(table.caption), split(table.caption)
    rows = tuple(
        tuple(_cell(text, column, ours, known) for text, column in zip(row, table.columns, strict=True))
        for row in table.rows
    )
    if caption in BY_NAME:
        rows = tuple(sorted(rows, key=lambda row: _alphabetic(row[0])))
    columns = tuple(replace(column, header=said(column.header, known)) for column in table.columns)
    return replace(table, columns=columns, rows=rows)


def of(caption: str) -> Ours:
    """Return the columns of ours of the table that has this caption."""
    _, _, text = split(caption)
    return next((ours for form, ours in CELLS.items() if pattern(form).fullmatch(text)), Ours())


def split(caption: str) -> tuple[str, str, str]:
    """Return noun, number and text of a caption: `Table 12. Terms`; the first two are empty where it has no number."""
    numbered = _NUMBERED.fullmatch(caption)
    return (numbered[1], numbered[2], numbered[3]) if numbered else ("", "", caption)


def _cell(text: str, column: Column, ours: Ours, known: Words) -> str:
    """Translate a cell; what stands right is a number, with words of ours at most."""
    if ours.always == ALL or column.header in ours.always or column.align == "right":
        return said(text, known)
    return whole(text, known) if column.header in ours.mixed else text


def _alphabetic(text: str) -> str:
    """Return what a word is sorted by: accents count for nothing (ISO 12199 at its first level)."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
