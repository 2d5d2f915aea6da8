"""A document as plain data: mappings, lists, texts and numbers, for JSON and for whoever compares documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from otel_cert.report.model import Block, Box, Chart, Document, Figures, Gap, NotApplicable, Paragraph, Statement, Table

Plain = dict[str, Any]


def plain(document: Document) -> Plain:
    """Return the whole document, with a `type` per block, and below `statements` a flat list of what it states."""
    whole = asdict(document)
    for section, made in zip(document.sections, whole["sections"], strict=True):
        made["blocks"] = [
            {"type": type(block).__name__, **fields}
            for block, fields in zip(section.blocks, made["blocks"], strict=True)
        ]
    whole["statements"] = [
        {"document": document.name, "section": section.title, **statement}
        for section in document.sections
        for block in section.blocks
        for statement in _statements(block)
    ]
    return whole


def _statements(block: Block) -> Iterator[Plain]:
    match block:
        case Paragraph():
            yield _statement("fixed", block.text)
        case Figures():
            for figure in block.items:
                text = f"{figure.label}: {figure.value} {figure.unit}".rstrip()
                yield _statement("measured", text, evidence_id=figure.source.evidence_id)
        case Table() | Chart():
            evidence = block.source.evidence_id if block.source else ""
            yield _statement("measured" if evidence else "fixed", block.caption, evidence_id=evidence)
        case Statement():
            yield _statement(block.kind.value, f"{block.label}: {block.text}", by=block.by, on=block.on)
        case Box():
            yield _statement("open", block.question)
        case Gap():
            yield _statement("gap", f"{block.what}: {block.why}")
        case NotApplicable():
            yield _statement("not_applicable", f"{block.label}: {block.because}", by=block.by, on=block.on)


def _statement(kind: str, text: str, *, evidence_id: str = "", by: str = "", on: str = "") -> Plain:
    return {"kind": kind, "text": text, "evidence_id": evidence_id, "by": by, "on": on}
