"""The appendix of a document: the evidence of each measured statement, as it can be asked again."""

from __future__ import annotations

from collections.abc import Iterable

from otel_cert.report import evidence, text
from otel_cert.report.context import Context
from otel_cert.report.evidenced import sources
from otel_cert.report.model import Block, Column, Paragraph, Table
from otel_cert.report.plain import EVIDENCE

HOW = (
    "The command `otel-cert evidence ID` shows the query, its parameters and the recorded result, asks again at the same"
    " snapshot and says whether the result is the same. A copy of each record lies in the folder “evidence” beside this"
    " document."
)
APPENDIX = "Evidence of the figures in this document"
"""Caption of the table of a document's evidence."""
AS_FOR = "as for {id}"
"""In the place of a long method that an earlier row of the table has."""
_SHORT = 80
"""Characters of a method that may be said again."""
NONE = "This document shows no measured figure."
_COLUMNS = (
    Column("Evidence"),
    Column("Question"),
    Column("Calls of the window", "right"),
    Column("Window"),
    Column("Method"),
)


def used(blocks: Iterable[Block]) -> dict[str, str]:
    """Return the ids that the blocks rest on, in order, each with the method that one of them states."""
    found: dict[str, str] = {}
    for block in blocks:
        for source in sources(block):
            found[source.evidence_id] = found.get(source.evidence_id) or source.method
        if isinstance(block, Paragraph):
            for id_ in EVIDENCE.findall(block.text):
                found.setdefault(id_, "")
    return found


def appendix(context: Context, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the evidence of the measured statements among the blocks."""
    rows = [_row(context, id_, method) for id_, method in used(blocks).items()]
    if not rows:
        return (Paragraph(NONE),)
    first: dict[str, str] = {}
    for id_, *_, method in rows:
        first.setdefault(method, id_)
    told = tuple(
        (id_, *said, method if len(method) <= _SHORT or first[method] == id_ else AS_FOR.format(id=first[method]))
        for id_, *said, method in rows
    )
    return (Paragraph(HOW), Table(APPENDIX, _COLUMNS, told))


def _row(context: Context, id_: str, method: str) -> tuple[str, ...]:
    answer = context.answers.get(id_)
    if answer is None:
        return id_, text.UNKNOWN, text.UNKNOWN, context.window, method
    by = answer.params.get("by")
    title = f"{answer.question.title}, by {by}" if by else answer.question.title
    return id_, title, text.count(answer.n), evidence.window(answer.params), method or answer.question.doc
