"""Whether the documents of a set agree: the same figure has one value in all of them, the same table the same cells."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from otel_cert.report.blocks.evidence import APPENDIX
from otel_cert.report.blocks.glossary import TERMS
from otel_cert.report.blocks.limits import UNMEASURED
from otel_cert.report.model import Document, Figure, Figures, Table

_OWN = (APPENDIX, UNMEASURED, TERMS)
"""Captions of tables that each document has of its own: its evidence, why something is not measured, its terms."""
_NUMBER = re.compile(r"Table \d+\. ")


def disagreements(documents: Mapping[str, Document]) -> Iterator[str]:
    """Yield what documents state differently; `documents` are the contents by name, in the language they were made in."""
    yield from _of_figures(documents)
    yield from _of_tables(documents)


def figures(document: Document) -> Iterator[Figure]:
    """Yield the key figures of a document."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figures):
                yield from block.items


def _of_figures(documents: Mapping[str, Document]) -> Iterator[str]:
    """Yield figures with one name, query and cell that have several values in the set."""
    seen: dict[tuple[Any, ...], dict[str, list[str]]] = defaultdict(dict)
    for name, document in documents.items():
        for figure in figures(document):
            key = (figure.label, figure.unit, figure.source.evidence_id, figure.cell)
            seen[key].setdefault(name, []).append(figure.value)
    for (label, _, id_, _), values in seen.items():
        if len({tuple(sorted(set(shown))) for shown in values.values()}) > 1:
            told = "; ".join(f"{', '.join(shown)} in {name}" for name, shown in values.items())
            yield f"{label} (evidence {id_}) differs: {told}"


def _of_tables(documents: Mapping[str, Document]) -> Iterator[str]:
    """Yield tables with one caption, query and columns whose cells are others than in the first document that has them."""
    seen: dict[tuple[Any, ...], dict[str, dict[tuple[Any, ...], Table]]] = defaultdict(dict)
    for name, document in documents.items():
        for caption, table in _tables(document):
            id_ = table.source.evidence_id if table.source else ""
            seen[caption, id_, table.columns].setdefault(name, {})[table.rows] = table
    for (caption, id_, _), shown in seen.items():
        (first, known), *others = shown.items()
        for name, tables in others:
            evidence = f" (evidence {id_})" if id_ else ""
            if said := _differing(known, tables):
                yield f"table “{caption}”{evidence} differs, {said[0]}: {said[1]} in {first}; {said[2]} in {name}"


def _tables(document: Document) -> Iterator[tuple[str, Table]]:
    """Yield the tables of a document that other documents may have, with their captions."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table) and (caption := _NUMBER.sub("", block.caption, count=1)) not in _OWN:
                yield caption, block


def _differing(
    some: Mapping[tuple[Any, ...], Table], others: Mapping[tuple[Any, ...], Table]
) -> tuple[str, str, str] | None:
    """Return where tables differ first, with what each holds there; both are by their rows."""
    if some.keys() == others.keys():
        return None
    one = next((table for rows, table in some.items() if rows not in others), next(iter(some.values())))
    other = next((table for rows, table in others.items() if rows not in some), next(iter(others.values())))
    if len(one.rows) != len(other.rows):
        return "number of rows", str(len(one.rows)), str(len(other.rows))
    for number, (left, right) in enumerate(zip(one.rows, other.rows, strict=True), start=1):
        for column, said, also in zip(one.columns, left, right, strict=True):
            if said != also:
                return f"row {number}, {column.header}", said, also
    return "number of tables", str(len(some)), str(len(others))
