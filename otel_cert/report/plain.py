"""A document as plain data, and back: what is hashed, compared, checked and kept beside the files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from otel_cert.report.model import (
    Approval,
    Block,
    Box,
    Chart,
    Column,
    Document,
    Figure,
    Figures,
    Gap,
    Kind,
    NotApplicable,
    Paragraph,
    Section,
    Source,
    Statement,
    Table,
)

FORMAT = 1
"""Version of this form."""
VARIABLE = ("id", "version", "approvals", "draft")
"""What the content's hash leaves out: what the set gives to a document, and what people add."""
_BLOCKS: dict[str, type[Any]] = {
    one.__name__: one for one in (Paragraph, Figures, Table, Chart, Statement, Box, Gap, NotApplicable)
}
_INNER: dict[str, type[Any]] = {"items": Figure, "columns": Column, "source": Source}
NAMES_OF_EVIDENCE = ("evidence", "Nachweis", "preuve", "evidencia")
"""How the languages of documents call a piece of evidence before its id."""
EVIDENCE = re.compile(rf"\b(?:{'|'.join(NAMES_OF_EVIDENCE)}) ([0-9a-f]{{12}})\b", re.IGNORECASE)
"""How a text names the evidence that it rests on."""


def plain(document: Document) -> dict[str, Any]:
    """Return the whole document as plain data, each block with its `type`, and the flat list `statements`."""
    content = {
        field.name: _plain(getattr(document, field.name)) for field in fields(document) if field.name != "sections"
    }
    sections = [
        {
            **{field.name: getattr(section, field.name) for field in fields(section) if field.name != "blocks"},
            "blocks": [_block(block) for block in section.blocks],
        }
        for section in document.sections
    ]
    return {"format": FORMAT, **content, "sections": sections, "statements": list(statements(document))}


def document(content: Mapping[str, Any]) -> Document:
    """Return the document of `plain`'s data."""
    given = {field.name: content[field.name] for field in fields(Document) if field.name in content}
    sections = tuple(
        Section(**{**section, "blocks": tuple(map(_from_block, section["blocks"]))}) for section in content["sections"]
    )
    return Document(
        **{
            **given,
            "sections": sections,
            "meta": tuple((label, value) for label, value in content["meta"]),
            "warnings": tuple(content["warnings"]),
            "approvals": tuple(Approval(**one) for one in content["approvals"]),
        }
    )


def content_hash(document: Document) -> str:
    """Return SHA-256 of what a document says; its id, version and approvals are no part of that."""
    content = {key: value for key, value in plain(document).items() if key not in (*VARIABLE, "statements")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def statements(document: Document) -> Iterator[dict[str, str | None]]:
    """Yield every statement: document, section, kind, text, evidence_id, by, on, and the requirement's id."""
    for section in document.sections:
        heading = f"{section.number} {section.title}".strip()
        for block in section.blocks:
            for one in _statements(block):
                yield {"document": document.name, "section": heading, **_NO_ONE, **one}


_NO_ONE: dict[str, str | None] = {"kind": "fixed", "text": "", "evidence_id": None, "by": None, "on": None, "id": None}


def _statements(block: Block) -> Iterator[dict[str, str | None]]:
    match block:
        case Paragraph():
            found = EVIDENCE.search(block.text)
            yield {"kind": "measured", "text": block.text, "evidence_id": found[1]} if found else {"text": block.text}
        case Figures():
            for figure in block.items:
                said = f"{figure.label}: {figure.value} {figure.unit}".rstrip()
                yield _measured(f"{said} ({figure.note})" if figure.note else said, figure.source)
        case Table():
            yield from _rows(block)
        case Chart():
            yield _measured(f"{block.caption}: {block.alt}", block.source)
        case Statement():
            yield {
                "kind": str(block.kind),
                "text": f"{block.label}: {block.text}",
                **_who(block),
                "id": block.id or None,
            }
        case Box():
            yield {"kind": "open", "text": f"{block.label}: {block.question}", "id": block.id}
        case Gap():
            yield {"kind": "gap", "text": f"{block.what}: {block.why}", "id": block.id or None}
        case NotApplicable():
            said = f"{block.label}: {block.because}"
            yield {"kind": "not_applicable", "text": said, **_who(block), "id": block.id or None}


def _rows(table: Table) -> Iterator[dict[str, str | None]]:
    for row in table.rows:
        cells = "; ".join(f"{column.header}: {cell}" for column, cell in zip(table.columns, row, strict=True))
        said = f"{table.caption}: {cells}"
        if table.source:
            yield _measured(said, table.source)
        elif table.by:
            yield {"kind": "declared", "text": said, **_who(table)}
        else:
            yield {"text": said}


def _measured(text: str, source: Source) -> dict[str, str | None]:
    return {"kind": "measured", "text": text, "evidence_id": source.evidence_id}


def _who(block: Statement | NotApplicable | Table) -> dict[str, str | None]:
    return {"by": block.by or None, "on": block.on or None}


def _block(block: Block) -> dict[str, Any]:
    return {"type": type(block).__name__, **_plain(block)}


def _plain(value: Any) -> Any:
    """Return a value in JSON's terms."""
    match value:
        case Kind():
            return str(value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case None | str() | int() | float():
            return value
        case _:
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _from_block(content: Mapping[str, Any]) -> Block:
    given = {key: _from(key, value) for key, value in content.items() if key != "type"}
    made: Block = _BLOCKS[content["type"]](**given)
    return made


def _from(key: str, value: Any) -> Any:
    if key == "kind":
        return Kind(value)
    if key == "rows":
        return tuple(map(tuple, value))
    if key == "cell":
        return None if value is None else tuple(value)
    inner = _INNER.get(key)
    if inner is None or value is None:
        return value
    if isinstance(value, list):
        return tuple(inner(**{name: _from(name, part) for name, part in one.items()}) for one in value)
    return inner(**value)
