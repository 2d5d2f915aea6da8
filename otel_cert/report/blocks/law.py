"""Which law a document is about: statute, legal data, dates for this system in both readings, status of guidance."""

from __future__ import annotations

from otel_cert.law.obligations import EXEMPT, obligations
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Paragraph, Table

_TRANSITION = "111"
"""Article that says what holds for systems and models that were on the market before a date."""
_DATE_COLUMNS = (Column("Date"), Column("What applies"), Column("Basis"))
_READINGS = "Two readings of the dates are held"
NO_DUTIES = "By the answers, the Act attaches no duty to this system."
_LABELLED = "as labelled"
LABELLED = (
    "As labelled: those whose case the answers say arises; the risk classification record names them as duties and roles"
    " beside the outcome."
)
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
    texts = [
        one["text"] for one in context.pack.timeline["uncertain"] if one["id"] == context.pack.about.disputed_entry
    ]
    readings = [Paragraph(f"{_READINGS}. {one}") for one in texts]
    if not context.determined:
        return (_timeline(context), *readings)
    duties = obligations(context.pack, context.reading, context.tier, context.classification.labels)
    if not duties:
        return (Paragraph(NO_DUTIES),)
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
    note = LABELLED if any(_LABELLED in one.text for one in duties) else ""
    disputed = any(one.earlier_reading for one in duties) or context.tier == EXEMPT  # the dates of Art. 49(2) are, too
    return (
        Table("Duties and dates of this system", headings, shown, note=note),
        _transition(context),
        *(readings if disputed else ()),
    )


def _timeline(context: Context) -> Table:
    rows = tuple((one["date"], one["what"], one["basis"]) for one in context.pack.timeline["dates"])
    return Table("Dates of application; the tier of this system is not determined", _DATE_COLUMNS, rows)


def _transition(context: Context) -> Table:
    """Return what holds for systems and models that were on the market before a date; it may put a duty off."""
    known = context.pack.timeline
    rules = [(text.UNKNOWN, one["text"], one["basis"]) for one in known["rules"] if _TRANSITION in one["basis"]]
    dates = [(one["date"], one["what"], one["basis"]) for one in known["dates"] if _TRANSITION in one["basis"]]
    return Table("Transition of what was on the market before", _DATE_COLUMNS, (*rules, *dates))


def _guidance(context: Context) -> Table:
    listed = context.pack.standards["codes_and_guidelines"]
    rows = tuple((str(one["id"]), str(one.get("date", text.UNKNOWN)), str(one["status"])) for one in listed)
    return Table(
        "Guidance and its status", (Column("Guidance"), Column("Date"), Column("Status")), rows, note=GUIDANCE_NOTE
    )
