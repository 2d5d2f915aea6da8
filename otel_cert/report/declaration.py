"""When the EU declaration of conformity may be written: everything is filled in, and a person confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from otel_cert.report.context import Context
from otel_cert.report.model import Box, Document

POINTS = tuple(f"annex-v.{point}" for point in range(1, 9))
"""Annex V 1-8."""
ROUTE = "art-43"
CONFIRMATION = "art-47.1"
"""Field in which a person states that the declaration may be drawn up."""


COPIES = ("annex-iv.8", "annex-viii.a.11")
"""Fields for a copy of the declaration: they stay open until there is one."""


def lacking(context: Context, documents: Iterable[Document]) -> tuple[str, ...]:
    """Return what the declaration lacks, in words; empty = it may be written. `documents` are all of the set."""
    return tuple(_lacking(context, documents))


def _lacking(context: Context, documents: Iterable[Document]) -> Iterator[str]:
    if context.tier != "high_risk":
        yield f"the system is classified as {context.tier.replace('_', ' ')}: only a high-risk system has one"
        return
    if context.decision is None:
        yield "no person confirmed the classification"
    if missing := [id_ for id_ in POINTS if not _filled(context, id_)]:
        yield f"Annex V is not complete: {', '.join(missing)}"
    if not _filled(context, ROUTE):
        yield f"the conformity assessment route is not recorded: {ROUTE}"
    if not _filled(context, CONFIRMATION):
        yield f"no person stated that it may be drawn up: {CONFIRMATION}"
    if open_ := sorted({box.id for document in documents for box in _boxes(document)} - {*COPIES}):
        shown = ", ".join(open_[:5]) + (", ..." if len(open_) > 5 else "")
        yield f"{len(open_)} fields of the set are open: {shown}"


def _filled(context: Context, id_: str) -> bool:
    """Return whether a named person filled in a field, or said why it does not apply."""
    one = context.system.fields.get(id_)
    return one is not None and bool(one.text or one.not_applicable) and bool(one.by and one.on)


def _boxes(document: Document) -> Iterator[Box]:
    for section in document.sections:
        yield from (block for block in section.blocks if isinstance(block, Box))
