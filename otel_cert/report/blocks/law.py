"""Which law a document is about: statute, legal data, dates for this system in both readings, status of guidance."""

from __future__ import annotations

from otel_cert.law.obligations import obligations
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Paragraph, Table

_READINGS = "Two readings of the dates are held"
GUIDANCE_NOTE = (
    "No presumption of conformity follows from a draft, or from a standard that the Official Journal does not cite."
)


def law(context: Context) -> tuple[Block, ...]:
    """Return the tables of statute, dates and guidance."""
    return (_statute(context), *_dates(context), _guidance(context))


def _statute(context: Context) -> Table:
    about, amending = context.pack.about, context.pack.timeline["amending_act"]
    rows = (
        ("Instrument", about.instrument),
        ("Consolidated text", about.statute),
        ("Amending act", f"{amending['oj']}, in force {amending['in_force']}"),
        ("Legal data", f"version {about.version}, SHA-256 {context.pack.sha256[:12]}"),
        ("Compiled", about.compiled.isoformat()),
        ("To be reviewed by", about.review_by.isoformat()),
        ("Note", about.note),
    )
    return Table("Law", (Column("What"), Column("State")), rows)


def _dates(context: Context) -> tuple[Block, ...]:
    """Return the dates of this system's duties; those of the Act while its tier is not determined."""
    disputed = [
        one["text"] for one in context.pack.timeline["uncertain"] if one["id"] == context.pack.about.disputed_entry
    ]
    readings = [Paragraph(f"{_READINGS}. {one}") for one in disputed]
    if not context.determined:
        columns = (Column("Date"), Column("What applies"), Column("Basis"))
        rows = tuple((one["date"], one["what"], one["basis"]) for one in context.pack.timeline["dates"])
        return (Table("Dates of application; the tier of this system is not determined", columns, rows), *readings)
    duties = obligations(context.pack, context.reading, context.tier, context.classification.labels)
    headings = tuple(map(Column, ("Duty", "Of", "Applies from", "By the earlier reading")))
    shown = tuple(
        (
            one.text,
            one.role.replace("_", " "),
            str(one.applies_from or text.UNKNOWN),
            str(one.earlier_reading or text.UNKNOWN),
        )
        for one in duties
    )
    return (Table("Duties and dates of this system", headings, shown), *readings)


def _guidance(context: Context) -> Table:
    listed = context.pack.standards["codes_and_guidelines"]
    rows = tuple((str(one["id"]), str(one.get("date", text.UNKNOWN)), str(one["status"])) for one in listed)
    return Table(
        "Guidance and its status", (Column("Guidance"), Column("Date"), Column("Status")), rows, note=GUIDANCE_NOTE
    )
