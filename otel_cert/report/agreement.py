"""Whether the documents of a set agree: the same figure has one value in all of them, the same table the same cells."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from otel_cert.report.blocks.evidence import APPENDIX
from otel_cert.report.model import Document, Figure, Figures, Table

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
    seen: dict[tuple[Any, ...], tuple[str, Table]] = {}
    for name, document in documents.items():
        for caption, table in _tables(document):
            id_ = table.source.evidence_id if table.source else ""
            first, known = seen.setdefault((caption, id_, table.columns), (name, table))
            for where, one, other in _differing(known, table):
                evidence = f" (evidence {id_})" if id_ else ""
                yield f"table “{caption}”{evidence} differs, {where}: {one} in {first}; {other} in {name}"


def _tables(document: Document) -> Iterator[tuple[str, Table]]:
    """Yield the tables of a document with their captions; that of its own evidence is no other document's."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table) and (caption := _NUMBER.sub("", block.caption, count=1)) != APPENDIX:
                yield caption, block


def _differing(one: Table, other: Table) -> Iterator[tuple[str, str, str]]:
    """Yield where two tables differ first, with what each holds there."""
    if len(one.rows) != len(other.rows):
        yield "number of rows", str(len(one.rows)), str(len(other.rows))
        return
    for number, (left, right) in enumerate(zip(one.rows, other.rows, strict=True), start=1):
        for column, said, also in zip(one.columns, left, right, strict=True):
            if said != also:
                yield f"row {number}, {column.header}", said, also
                return
