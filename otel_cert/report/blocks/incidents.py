"""Serious incidents that an organisation declares, with the clocks of Art. 73."""

from __future__ import annotations

import datetime as dt

from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Kind, Paragraph, Statement, Table
from otel_cert.report.system import Incident

DAYS = {"serious": 15, "death": 10, "widespread_or_critical_infrastructure": 2}
"""Days from awareness to the report at the latest: Art. 73(2), (4) and (3)."""
CLOCKS = (
    "A report is due at once when a causal link, or its reasonable likelihood, is established, and at the latest 15 days"
    " after the provider became aware of the incident (Art. 73(2)); 2 days for a widespread infringement or a disruption of"
    " critical infrastructure (Art. 73(3)); 10 days for a death (Art. 73(4)). A first report may be incomplete (Art. 73(5))."
    " Whether an event is a serious incident is for a person to decide."
)
_KINDS = {
    "serious": "serious incident",
    "death": "death of a person",
    "widespread_or_critical_infrastructure": "widespread infringement or critical infrastructure",
}


def incidents(context: Context) -> tuple[Block, ...]:
    """Return the clocks and a record per incident; the declaration that there is none, where there is none."""
    by, on = context.declarer
    if not context.system.incidents:
        none = Statement(Kind.DECLARED, "Serious incidents", "None is declared in system.yaml.", by, on, "incidents")
        return (Paragraph(CLOCKS), none)
    day = context.created.date()
    return (Paragraph(CLOCKS), *(_record(one, day, by, on) for one in context.system.incidents))


def due(incident: Incident) -> dt.date:
    """Return the last day for the report."""
    return incident.aware + dt.timedelta(days=DAYS[incident.kind])


def clock(incident: Incident, day: dt.date) -> str:
    """Return in words how the report stands to its deadline on a day."""
    last = due(incident)
    if incident.first_report is None:
        late = (day - last).days
        return f"not reported, {late} days late" if late > 0 else f"not reported, {-late} days left"
    took = (incident.first_report - incident.aware).days
    late = (incident.first_report - last).days
    return f"reported after {text.plural(took, 'day')}" + (f", {text.plural(late, 'day')} late" if late > 0 else "")


def _record(one: Incident, day: dt.date, by: str, on: str) -> Table:
    open_ = f"{text.UNKNOWN} (not declared)"
    rows = (
        ("What happened", one.what),
        ("Kind", _KINDS[one.kind]),
        ("Provider aware since", one.aware.isoformat()),
        ("Report due at the latest", f"{due(one).isoformat()} ({DAYS[one.kind]} days)"),
        ("First report", one.first_report.isoformat() if one.first_report else open_),
        ("State of the first report", f"{clock(one, day)} (as of {day.isoformat()})"),
        ("Complete report", one.complete_report.isoformat() if one.complete_report else open_),
        ("Causal link", one.causal_link or open_),
        ("Corrective action", one.corrective_action or open_),
        ("Traces", ", ".join(one.traces) or open_),
    )
    note = f"Declared by {by}, {on}." if by else ""
    return Table(f"Incident {one.id}", (Column("What"), Column("State")), rows, note=note, by=by, on=on)
