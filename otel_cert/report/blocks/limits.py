"""What a set cannot say, made from its data: it can be added to, and not be removed."""

from __future__ import annotations

from collections.abc import Collection

from otel_cert.questions import COVERAGE, SUMMARY
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.evidenced import evidenced, shown
from otel_cert.report.measured.shown import CENSUS
from otel_cert.report.model import Block, Column, Figure, Figures, Gap, Kind, Paragraph, Statement, Table

ADDED = "limits"
"""Id of the field of `system.yaml` that adds to the limits."""
INTRODUCTION = (
    "This section is made from the data; it can be added to, and not be removed. Telemetry shows what instrumented calls"
    " recorded. Calls that were not instrumented, that a sampler dropped or that were never sent are not in any figure."
)
UNMEASURED = "Not measured"
"""Caption of the table of what is not measured."""
_NOTHING = "Nothing was recorded that could show it."


def limits(context: Context, kinds: Collection[str] | None = None) -> tuple[Block, ...]:
    """Return what is not measured, how much of what is recorded is unknown, and what persons added.

    Args:
        context: the set.
        kinds: the kinds of evidence that a document asks for; None = all that there are.

    """
    measured = sum(one.evidence_kind == "measured" for one in context.pack.requirements)
    share = (
        f"Of the {len(context.pack.requirements)} requirements of the legal data, {measured} are measured at their core;"
        " for the others an organisation declares a fact or a person judges."
    )
    return (Paragraph(INTRODUCTION), Paragraph(share), *_extent(context), *_gaps(context, kinds), *_added(context))


def _extent(context: Context) -> tuple[Block, ...]:
    """Return how much was seen, and in how many calls each field is unknown."""
    summary, coverage = context.ask(SUMMARY), context.ask(COVERAGE)
    calls = next(summary.dicts())["calls"]
    figures = Figures((Figure("Calls", text.count(calls), context.source(summary, method=CENSUS), cell=(0, "calls")),))
    rows = tuple(
        (row["field"].replace("_", " "), text.count(row["unknown"]), text.counts(row["reasons"]))
        for row in coverage.dicts()
        if row["unknown"]
    )
    if not rows:
        return (figures,)
    columns = (Column("Field"), Column("Unknown in calls", "right"), Column("Why"))
    return (figures, Table("What is unknown of the calls", columns, rows, context.source(coverage, method=CENSUS)))


def _gaps(context: Context, kinds: Collection[str] | None) -> tuple[Block, ...]:
    """Return the kinds of evidence for which there is nothing."""
    rows = []
    for kind in context.pack.evidence:
        if (kinds is None or kind.id in kinds) and not evidenced(context, kind.id):
            why = next((block.why for block in shown(context, kind.id) if isinstance(block, Gap)), _NOTHING)
            rows.append((kind.what, why))
    if not rows:
        return ()
    return (Table(UNMEASURED, (Column("What"), Column("Why")), tuple(rows)),)


def _added(context: Context) -> tuple[Block, ...]:
    filled = context.system.fields.get(ADDED)
    if filled is None or not filled.text:
        return ()
    on = filled.on.isoformat() if filled.on else ""
    return (Statement(Kind.EXPERT, "Further limits", filled.text, filled.by or "", on, ADDED),)
