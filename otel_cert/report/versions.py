"""How a document's version rises: by what changed in its content."""

from __future__ import annotations

from typing import Any

from otel_cert.report.model import Document
from otel_cert.report.plain import statements

FIRST = "1.0.0"
_MEASURED = ("measured", "gap", "fixed")
"""Kinds of statements that change with the data or the program, and not by what a person says."""


def risen(version: str, old: Document, new: Document) -> str:
    """Return the next version: major for another outline or classification, minor for statements, patch for figures.

    >>> risen("1.2.3", *[Document("a", "b", (), ())] * 2)
    '1.2.4'
    """
    major, minor, patch = map(int, version.split("."))
    if _outline(old) != _outline(new):
        return f"{major + 1}.0.0"
    if _said(old) != _said(new):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _outline(document: Document) -> list[Any]:
    headings = [(section.level, section.number, section.title) for section in document.sections]
    return [*headings, document.title, dict(document.meta).get("Classification")]


def _said(document: Document) -> set[tuple[object, ...]]:
    """Return what persons said, or have to say."""
    return {
        tuple(one[key] for key in ("section", "kind", "text", "by", "on"))
        for one in statements(document)
        if one["kind"] not in _MEASURED
    }
