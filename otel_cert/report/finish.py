"""What a set adds to a document's content: its id, the version before it, and its approvals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from otel_cert.report.blocks.sign_off import SIGNS_AS
from otel_cert.report.folder import Approved
from otel_cert.report.front import DRAFT
from otel_cert.report.model import Approval, Block, Document, Kind, Section, Statement, Table

APPROVED = "Prepared"
"""What takes the place of `front.DRAFT` in the notice of an approved document."""

APPROVAL = "Approval recorded"
"""Label of what was recorded of an approval."""


def document_id(system: str, provider: str, name: str) -> str:
    """Return the id of a document: the same in every version of the set of one system."""
    named = hashlib.sha256(f"{system}\0{provider}".encode()).hexdigest()[:8]
    return f"{name}-{named}"


def finished(document: Document, previous: str | None, approvals: Sequence[Approved]) -> Document:
    """Return the document as it is shown: with its predecessor on the front page, and its approvals."""
    meta = (*document.meta, ("Previous version", previous)) if previous else document.meta
    if not approvals:
        return replace(document, meta=meta, draft=True, approvals=())
    return replace(
        document,
        meta=meta,
        draft=False,
        notice=document.notice.replace(DRAFT, APPROVED, 1),
        approvals=tuple(Approval(one.name, one.role, one.time) for one in approvals),
        sections=tuple(_signed(section, approvals) for section in document.sections),
    )


def _signed(section: Section, approvals: Sequence[Approved]) -> Section:
    return replace(section, blocks=tuple(_with_approvals(section.blocks, approvals)))


def _with_approvals(blocks: Sequence[Block], approvals: Sequence[Approved]) -> Iterator[Block]:
    """Yield the blocks, and after the table for signatures what was recorded."""
    for block in blocks:
        yield block
        if isinstance(block, Table) and block.columns and block.columns[0].header == SIGNS_AS:
            for one in approvals:
                said = f"The content with SHA-256 {one.content_sha256} was approved."
                if one.open_items:
                    said += f" With open fields, because: {one.open_items}"
                yield Statement(Kind.EXPERT, APPROVAL, said, f"{one.name}, {one.role}", one.time)
